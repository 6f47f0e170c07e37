/** The pipelines that learn from a dataset: whether runs of each start by themselves, and why one did or didn't. */
import { Anchor, Badge, Table, Text } from '@mantine/core';
import type { StartDecision } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { ActButton } from '../../parts/act-button.js';
import { queries } from '../../registry/queries.js';
import { useMay, useRegistry } from '../../registry/registry.js';
import { Section } from '../../shell/page.js';

const Switch = ({ pipeline, enabled }: { pipeline: string; enabled: boolean }) => {
  const registry = useRegistry();
  return (
    <ActButton
      label={enabled ? 'Switch off' : 'Switch on'}
      title={`${enabled ? 'Switch off' : 'Switch on'} ${pipeline}`}
      effect={
        enabled
          ? `No run of ${pipeline} starts by itself until it is switched on. Runs that are under way go on, and people may ask for others.`
          : `Runs of ${pipeline} start by themselves again, as its trigger says; one of the latest version may start now.`
      }
      act={() => registry.patchPipeline(pipeline, { enabled: !enabled })}
      done={`${pipeline} is ${enabled ? 'off' : 'on'}`}
      touches={['pipelines', 'datasets']}
    />
  );
};

export const Subscribers = ({ pipelines }: { pipelines: readonly StartDecision[] }) => {
  const known = useQuery(queries(useRegistry()).pipelines());
  const maySwitch = useMay('patchPipeline');
  if (pipelines.length === 0) {
    return (
      <Section title="Pipelines">
        <Text c="dimmed">None learns from it.</Text>
      </Section>
    );
  }
  return (
    <Section title="Pipelines">
      <Table.ScrollContainer minWidth={560}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Pipeline</Table.Th>
              <Table.Th>Starts by itself</Table.Th>
              <Table.Th>Why a run started, or none</Table.Th>
              {maySwitch ? <Table.Th>What can be done</Table.Th> : null}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {pipelines.map(({ pipeline, message, runId }) => {
              const enabled = known.data?.find(({ name }) => name === pipeline)?.enabled;
              return (
                <Table.Tr key={pipeline}>
                  <Table.Td>{pipeline}</Table.Td>
                  <Table.Td>
                    {enabled === undefined ? null : (
                      <Badge color={enabled ? 'green' : 'gray'}>{enabled ? 'on' : 'off'}</Badge>
                    )}
                  </Table.Td>
                  <Table.Td>
                    {message}
                    {runId === null ? null : (
                      <>
                        {' '}
                        (
                        <Anchor component={Link} to={`/runs/${runId}`}>
                          its run
                        </Anchor>
                        )
                      </>
                    )}
                  </Table.Td>
                  {maySwitch ? (
                    <Table.Td>
                      {enabled === undefined ? null : <Switch pipeline={pipeline} enabled={enabled} />}
                    </Table.Td>
                  ) : null}
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Section>
  );
};
