/** What the last ingestions came to, and how far one has come that is under way. */
import { Anchor, Progress, Stack, Table, Text } from '@mantine/core';
import type { Ingestion } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { datasetVersionPath } from '../../parts/links.js';
import { count } from '../../parts/numbers.js';
import { When } from '../../parts/when.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Section } from '../../shell/page.js';

const VersionLink = ({ id, dataset }: { id: string; dataset: string }) => {
  const versions = useQuery(queries(useRegistry()).datasetVersions(dataset));
  const number = versions.data?.find((version) => version.id === id)?.number;
  return (
    <Anchor component={Link} to={datasetVersionPath(id)}>
      version {number ?? id.slice(0, 12)}
    </Anchor>
  );
};

const Outcome = ({ ingestion }: { ingestion: Ingestion }) => {
  const { state, objects, inspected, error, datasetVersion } = ingestion;
  if (state === 'running') {
    return (
      <Stack gap={4}>
        <Text size="sm">
          {inspected} of {objects} looked at
        </Text>
        <Progress
          value={objects === 0 ? 0 : (inspected / objects) * 100}
          aria-label={`looked at ${inspected} of ${objects}`}
        />
      </Stack>
    );
  }
  if (state === 'failed') return <Text size="sm">failed: {error?.message ?? 'no cause was recorded'}</Text>;
  return datasetVersion === null ? 'no version' : <VersionLink id={datasetVersion} dataset={ingestion.dataset} />;
};

export const Ingestions = ({ ingestions }: { ingestions: readonly Ingestion[] }) => (
  <Section title="Last ingestions">
    {ingestions.length === 0 ? (
      <Text c="dimmed">Nothing was looked at yet.</Text>
    ) : (
      <Table.ScrollContainer minWidth={560}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Started</Table.Th>
              <Table.Th>Of</Table.Th>
              <Table.Th>Came to</Table.Th>
              <Table.Th>New</Table.Th>
              <Table.Th>Duplicates</Table.Th>
              <Table.Th>Left out</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {ingestions.map((each) => (
              <Table.Tr key={each.id}>
                <Table.Td>
                  <When at={each.startedAt} />
                </Table.Td>
                <Table.Td>
                  {count(each.objects, 'object')}
                  {each.corrections === 0 ? '' : `, corrections up to ${each.corrections}`}
                </Table.Td>
                <Table.Td>
                  <Outcome ingestion={each} />
                </Table.Td>
                <Table.Td>{each.newImages}</Table.Td>
                <Table.Td>{each.duplicates}</Table.Td>
                <Table.Td>{each.quarantined}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    )}
  </Section>
);
