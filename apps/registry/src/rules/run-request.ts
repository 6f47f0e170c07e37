/** Whether a run that a person asks for is made, or is there already. */
import {
  AppError,
  isUnderWay,
  type DatasetPolicy,
  type DatasetVersion,
  type PipelineVersion,
  type Run,
} from '@graft/contracts';

export interface RunRequestSituation {
  readonly pipelineVersion: PipelineVersion;
  readonly datasetVersion: DatasetVersion;
  readonly onLeakage: DatasetPolicy['onLeakage'];
  /** Of the pipeline on this dataset version with what it trains today, newest first. */
  readonly present: readonly Run[];
  readonly again: boolean;
}

/**
 * @returns the run that is there, or the number of the attempt to make.
 * @throws AppError `invalid_request` when the version is of another dataset; `refused` when leakage blocks it; `conflict` when
 * another try is asked for while one is under way.
 */
export const ruleRunRequest = (situation: RunRequestSituation): { run: Run } | { attempt: number } => {
  const { pipelineVersion, datasetVersion, onLeakage, present, again } = situation;
  const { name, pipeline } = pipelineVersion;
  const { dataset } = pipeline.data;
  if (datasetVersion.dataset !== dataset) {
    throw new AppError(
      'invalid_request',
      `pipeline ${name} learns from ${dataset}, version ${datasetVersion.id} is of ${datasetVersion.dataset}`,
    );
  }
  const [newest] = present;
  if (newest !== undefined && !again) return { run: newest };
  const underWay = present.find(isUnderWay);
  if (underWay !== undefined) {
    throw new AppError(
      'conflict',
      `run ${underWay.id} of pipeline ${name} on version ${datasetVersion.number} of ${dataset} is ${underWay.state}: another try can be asked for once it has ended`,
      { details: { run: underWay.id, state: underWay.state } },
    );
  }
  if (datasetVersion.leaks > 0 && onLeakage === 'block') {
    throw new AppError(
      'refused',
      `${datasetVersion.leaks} landed ${datasetVersion.leaks === 1 ? 'image' : 'images'} would be both trained on and tested on in version ${datasetVersion.number} of ${dataset}: ` +
        `see ./graft data quarantine ${dataset}, and correct them or ./graft data dismiss ${dataset} --all-leaks, which makes a version that can be trained on`,
      { details: { datasetVersion: datasetVersion.id, leaks: datasetVersion.leaks } },
    );
  }
  return { attempt: Math.max(0, ...present.map(({ attempt }) => attempt)) + 1 };
};
