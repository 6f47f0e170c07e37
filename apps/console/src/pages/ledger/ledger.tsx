/** What was deployed of a model in an environment, by whom and why, newest first; and the way back. */
import { Anchor, Code, Group, Select, Stack, Text, Timeline } from '@mantine/core';
import { keepsChampion, variantOfEntry, type LedgerEntry } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams, useSearchParams } from 'react-router';
import { environmentsOf } from '../../parts/environments-of.js';
import { modelPath, versionPath } from '../../parts/links.js';
import { When } from '../../parts/when.js';
import { queries } from '../../registry/queries.js';
import { useMay, useRegistry } from '../../registry/registry.js';
import { Page } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';
import { RollBack } from './roll-back.js';

const ACTIONS: Readonly<Record<LedgerEntry['action'], string>> = {
  promote: 'promoted',
  rollback: 'rolled back to',
  restore: 'restored',
  trial: 'on trial',
  trial_end: 'trial ended',
};

const Entry = ({ entry }: { entry: LedgerEntry }) => {
  const shown = keepsChampion(entry) && entry.trial !== undefined ? entry.trial : entry;
  return (
    <Stack gap={2}>
      <Text size="sm">
        {ACTIONS[entry.action]}{' '}
        <Anchor component={Link} to={versionPath(entry.model, shown.version)}>
          version {shown.version}
        </Anchor>{' '}
        ({variantOfEntry(shown)}){entry.previousVersion === null ? '' : `, after version ${entry.previousVersion}`}
      </Text>
      <Text size="sm">
        {entry.by}: {entry.reason}
        {entry.skippedStage === undefined ? '' : ` (${entry.skippedStage} was skipped)`}
      </Text>
      <Text size="sm" c="dimmed">
        <When at={entry.at} /> · epoch {entry.epoch} · row <Code>{entry.hash.slice(0, 12)}</Code> · report{' '}
        <Code>{entry.reportDigest.slice(0, 12)}</Code>
      </Text>
    </Stack>
  );
};

export const LedgerPage = () => {
  const { model = '' } = useParams();
  const [chosen, choose] = useSearchParams();
  const ask = queries(useRegistry());
  const found = useQuery(ask.model(model));
  const { environments, preset } = environmentsOf(found.data);
  const environment = chosen.get('environment') ?? preset;
  const ledger = useQuery(ask.ledger(model, { environment }));
  const mayRollBack = useMay('rollback');
  const entries = ledger.data ?? [];
  return (
    <Page
      title={`Ledger of ${model}`}
      above={[{ title: model, to: modelPath(model) }]}
      actions={
        mayRollBack && entries.length > 1 ? (
          <RollBack model={model} environment={environment} entries={entries} />
        ) : null
      }
    >
      <Group>
        <Select
          label="Environment"
          data={environments.includes(environment) ? environments : [...environments, environment]}
          value={environment}
          allowDeselect={false}
          onChange={(value) => choose(value === null ? {} : { environment: value })}
        />
      </Group>
      <Loaded query={ledger}>
        {(list) =>
          list.length === 0 ? (
            <Text c="dimmed">Nothing was ever promoted there.</Text>
          ) : (
            <Timeline active={0} bulletSize={16} lineWidth={2}>
              {list.map((entry) => (
                <Timeline.Item key={entry.hash} title={`Generation ${entry.generation}`}>
                  <Entry entry={entry} />
                </Timeline.Item>
              ))}
            </Timeline>
          )
        }
      </Loaded>
    </Page>
  );
};
