/** What can be said of a correction at once, from the dataset's latest version; images are looked up by the ingestion. */
import { AppError, foldLabel, type CorrectionAction, type DatasetVersion, type NewCorrection } from '@graft/contracts';

const refuse = (dataset: string, at: number, message: string, details: Record<string, unknown> = {}): never => {
  throw new AppError('invalid_request', `action ${at + 1} of the correction of dataset "${dataset}": ${message}`, {
    details: { dataset, action: at, ...details },
  });
};

const checkAction = (dataset: string, latest: DatasetVersion | null, action: CorrectionAction, at: number): void => {
  const labels = latest?.labels ?? [];
  const twinOf = (label: string): string | undefined =>
    labels.includes(label) ? undefined : labels.find((known) => foldLabel(known) === foldLabel(label));
  switch (action.action) {
    case 'revert':
      if (action.version > (latest?.number ?? 0)) {
        const found = latest === null ? 'the dataset has no version yet' : `its latest version is ${latest.number}`;
        refuse(dataset, at, `there is no version ${action.version} to revert: ${found}`);
      }
      return;
    case 'rename':
      if (action.from === action.to) refuse(dataset, at, `"${action.from}" is renamed to itself`);
      if (!labels.includes(action.from)) {
        const found = latest === null ? 'no version yet' : `in version ${latest.number}: ${labels.join(', ')}`;
        refuse(dataset, at, `no label "${action.from}" to rename; labels ${found}`.slice(0, 2000), { labels });
      }
      return;
    case 'relabel': {
      const twin = twinOf(action.label);
      if (twin !== undefined) {
        refuse(
          dataset,
          at,
          `the label "${action.label}" differs from "${twin}" in nothing but case: give "${twin}", or rename it`,
        );
      }
      return;
    }
    case 'remove':
    case 'restore':
    case 'dismiss':
  }
};

/** @throws AppError `invalid_request` that names the action and says what there is */
export const checkCorrection = (dataset: string, latest: DatasetVersion | null, correction: NewCorrection): void => {
  correction.actions.forEach((action, at) => checkAction(dataset, latest, action, at));
};
