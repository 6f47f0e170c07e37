/** One run, as it goes: its stages, how its training goes, what was warned of, what came of it. */
import { Alert, Anchor, Code, List, Loader, Stack, Table, Text } from '@mantine/core';
import { isUnderWay, modelOf, runStoryOf, type Run, type RunEvent } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Link, useParams } from 'react-router';
import { RunBadge } from '../../parts/badges.js';
import { datasetVersionPath, versionPath } from '../../parts/links.js';
import { When } from '../../parts/when.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Page, Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';
import { RunActions } from './run-actions.js';
import { Stages } from './stages.js';
import { stagesOf } from './stages-of.js';
import { useRunEvents } from './use-run-events.js';

const Curves = lazy(() => import('./curves.js'));

/** Of the newest training: one that was tried again begins anew. */
const curveOf = (events: readonly RunEvent[]): RunEvent[] => {
  const start = events.findLastIndex(({ stage, kind }) => stage === 'train' && kind === 'started');
  return events
    .slice(start + 1)
    .filter(({ stage, kind, loss }) => stage === 'train' && kind === 'progress' && loss !== undefined);
};

const Made = ({ run }: { run: Run }) => {
  const pipeline = useQuery(queries(useRegistry()).pipelines()).data?.find(({ name }) => name === run.pipeline);
  if (run.version === null) return <>none</>;
  const model = pipeline === undefined ? undefined : modelOf(pipeline.pipeline);
  return model === undefined ? (
    <>version {run.version}</>
  ) : (
    <Anchor component={Link} to={versionPath(model, run.version)}>
      {model} version {run.version}
    </Anchor>
  );
};

/** Where the registry knows of Temporal's UI, it leads there. */
const Workflow = ({ id }: { id: string }) => {
  const links = useQuery(queries(useRegistry()).links()).data;
  const name = <Code style={{ overflowWrap: 'anywhere' }}>{id}</Code>;
  return links === undefined || links.workflows === null ? (
    name
  ) : (
    <Anchor href={`${links.workflows}${encodeURIComponent(id)}`} target="_blank" rel="noreferrer">
      {name} in Temporal
    </Anchor>
  );
};

const Facts = ({ run }: { run: Run }) => (
  <Table variant="vertical" withTableBorder layout="fixed">
    <Table.Tbody>
      <Table.Tr>
        <Table.Th w={180}>State</Table.Th>
        <Table.Td>
          <RunBadge state={run.state} />
        </Table.Td>
      </Table.Tr>
      <Table.Tr>
        <Table.Th>Version</Table.Th>
        <Table.Td>
          <Made run={run} />
        </Table.Td>
      </Table.Tr>
      <Table.Tr>
        <Table.Th>Dataset version</Table.Th>
        <Table.Td>
          <Anchor component={Link} to={datasetVersionPath(run.datasetVersion)}>
            {run.datasetVersion.slice(0, 12)}
          </Anchor>
        </Table.Td>
      </Table.Tr>
      <Table.Tr>
        <Table.Th>Images</Table.Th>
        <Table.Td>
          {run.embedded === null
            ? 'not known yet'
            : `${run.embedded} computed, ${run.reused ?? 0} known from earlier runs`}
        </Table.Td>
      </Table.Tr>
      <Table.Tr>
        <Table.Th>Asked for</Table.Th>
        <Table.Td>{run.asked === null ? 'it started by itself' : `by ${run.asked.by}: ${run.asked.reason}`}</Table.Td>
      </Table.Tr>
      <Table.Tr>
        <Table.Th>Started</Table.Th>
        <Table.Td>
          <When at={run.createdAt} />
          {run.finishedAt === null ? null : (
            <>
              , ended <When at={run.finishedAt} />
            </>
          )}
        </Table.Td>
      </Table.Tr>
      <Table.Tr>
        <Table.Th>Workflow</Table.Th>
        <Table.Td>
          <Workflow id={run.workflowId} />
        </Table.Td>
      </Table.Tr>
    </Table.Tbody>
  </Table>
);

const Told = ({ run, events }: { run: Run; events: readonly RunEvent[] }) => {
  const { warnings } = runStoryOf(events);
  const points = curveOf(events);
  return (
    <Stack gap="xl">
      {warnings.length === 0 ? null : (
        <Section title="Warnings">
          <List size="sm">
            {warnings.map((warning) => (
              <List.Item key={warning}>{warning}</List.Item>
            ))}
          </List>
        </Section>
      )}
      <Section title="Stages">
        <Stages stages={stagesOf(events)} isUnderWay={isUnderWay(run)} />
      </Section>
      {points.length === 0 ? null : (
        <Section title="Training">
          <Suspense fallback={<Loader size="sm" aria-label="loading" />}>
            <Curves points={points} />
          </Suspense>
        </Section>
      )}
    </Stack>
  );
};

export const RunPage = () => {
  const { id = '' } = useParams();
  const query = useQuery(queries(useRegistry()).run(id));
  const events = useRunEvents(id);
  const run = query.data;
  return (
    <Page
      title={run === undefined ? 'Run' : `Run of ${run.pipeline}`}
      above={[{ title: 'Runs', to: '/runs' }]}
      actions={run === undefined ? null : <RunActions run={run} />}
    >
      <Loaded query={query}>
        {(present) => (
          <Stack gap="xl">
            {present.error === null ? null : (
              <Alert color={present.state === 'failed' ? 'red' : 'gray'} title={`It is ${present.state}`}>
                <Text size="sm">{present.error.message}</Text>
              </Alert>
            )}
            <Facts run={present} />
            <Loaded query={events}>{(told) => <Told run={present} events={told} />}</Loaded>
          </Stack>
        )}
      </Loaded>
    </Page>
  );
};
