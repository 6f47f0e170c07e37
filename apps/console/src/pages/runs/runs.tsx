/** Runs, the newest first. */
import { Anchor, Group, Select, Table, Text } from '@mantine/core';
import { RUN_STATES, runStateSchema, type Run } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { RunBadge } from '../../parts/badges.js';
import { datasetVersionPath, runPath } from '../../parts/links.js';
import { When } from '../../parts/when.js';
import { useChoices } from '../../parts/use-choices.js';
import { queries } from '../../registry/queries.js';
import { useMay, useRegistry } from '../../registry/registry.js';
import { Page } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';
import { StartRun } from './start-run.js';

/** The newest that are shown; the filters reach further back. */
const SHOWN = 200;

const Row = ({ run }: { run: Run }) => (
  <Table.Tr>
    <Table.Td>
      <Anchor component={Link} to={runPath(run.id)}>
        {run.id.slice(0, 13)}
      </Anchor>
    </Table.Td>
    <Table.Td>{run.pipeline}</Table.Td>
    <Table.Td>
      <RunBadge state={run.state} />
    </Table.Td>
    <Table.Td>{run.stage ?? '–'}</Table.Td>
    <Table.Td>
      <Anchor component={Link} to={datasetVersionPath(run.datasetVersion)}>
        {run.datasetVersion.slice(0, 12)}
      </Anchor>
    </Table.Td>
    <Table.Td>{run.version ?? '–'}</Table.Td>
    <Table.Td>
      <When at={run.createdAt} />
    </Table.Td>
  </Table.Tr>
);

export const Runs = () => {
  const ask = queries(useRegistry());
  const { chosen, choose } = useChoices();
  const state = runStateSchema.safeParse(chosen('state')).data;
  const pipeline = chosen('pipeline');
  const pipelines = useQuery(ask.pipelines());
  const runs = useQuery(
    ask.runs({
      limit: SHOWN,
      ...(state === undefined ? {} : { state }),
      ...(pipeline === undefined ? {} : { pipeline }),
    }),
  );
  const mayStart = useMay('requestRun');
  const names = (pipelines.data ?? []).map(({ name }) => name);
  return (
    <Page title="Runs" actions={mayStart ? <StartRun pipelines={names} /> : null}>
      <Group>
        <Select
          label="State"
          placeholder="any"
          data={[...RUN_STATES]}
          value={state ?? null}
          onChange={(value) => choose('state', value)}
          clearable
        />
        <Select
          label="Pipeline"
          placeholder="any"
          data={names}
          value={pipeline ?? null}
          onChange={(value) => choose('pipeline', value)}
          clearable
        />
      </Group>
      <Loaded query={runs}>
        {(list) =>
          list.length === 0 ? (
            <Text c="dimmed">No such run.</Text>
          ) : (
            <Table.ScrollContainer minWidth={760}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Run</Table.Th>
                    <Table.Th>Pipeline</Table.Th>
                    <Table.Th>State</Table.Th>
                    <Table.Th>Stage</Table.Th>
                    <Table.Th>Dataset version</Table.Th>
                    <Table.Th>Version</Table.Th>
                    <Table.Th>Started</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {list.map((run) => (
                    <Row key={run.id} run={run} />
                  ))}
                </Table.Tbody>
              </Table>
              {list.length < SHOWN ? null : (
                <Text size="sm" c="dimmed">
                  The newest {SHOWN}.
                </Text>
              )}
            </Table.ScrollContainer>
          )
        }
      </Loaded>
    </Page>
  );
};
