import { Anchor, Table, Text } from '@mantine/core';
import type { DatasetVersion } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { datasetDiffPath, datasetVersionPath } from '../../parts/links.js';
import { When } from '../../parts/when.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';

const Row = ({ version }: { version: DatasetVersion }) => {
  const { id, number, parent, images, newImages, removed, relabelled, bySplit, labels, quarantined } = version;
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component={Link} to={datasetVersionPath(id)}>
          version {number}
        </Anchor>
      </Table.Td>
      <Table.Td>{images}</Table.Td>
      <Table.Td>
        {parent === null ? (
          'all'
        ) : (
          <Anchor component={Link} to={datasetDiffPath(parent, id)}>
            {newImages} new, {removed} removed, {relabelled} relabelled
          </Anchor>
        )}
      </Table.Td>
      <Table.Td>
        {bySplit.train} / {bySplit.val} / {bySplit.test}
      </Table.Td>
      <Table.Td>{labels.length}</Table.Td>
      <Table.Td>{quarantined}</Table.Td>
      <Table.Td>
        <When at={version.createdAt} />
      </Table.Td>
    </Table.Tr>
  );
};

export const Versions = ({ dataset }: { dataset: string }) => {
  const versions = useQuery(queries(useRegistry()).datasetVersions(dataset));
  return (
    <Section title="Versions">
      <Loaded query={versions}>
        {(list) =>
          list.length === 0 ? (
            <Text c="dimmed">None yet.</Text>
          ) : (
            <Table.ScrollContainer minWidth={720}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Version</Table.Th>
                    <Table.Th>Images</Table.Th>
                    <Table.Th>Since the version before</Table.Th>
                    <Table.Th>Train / val / test</Table.Th>
                    <Table.Th>Labels</Table.Th>
                    <Table.Th>Left out</Table.Th>
                    <Table.Th>Made</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {list.map((version) => (
                    <Row key={version.id} version={version} />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Loaded>
    </Section>
  );
};
