/** What changed from one version of a dataset to another: label by label, and image by image. */
import { Anchor, List, Stack, Table, Text } from '@mantine/core';
import type { DatasetDiff, Digest } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { datasetPath, datasetVersionPath } from '../../parts/links.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Page, Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';
import { ChangedImages } from './changed-images.js';

const Labels = ({ diff }: { diff: DatasetDiff }) => (
  <Section title="Labels">
    <List size="sm">
      {diff.newLabels.length === 0 ? null : <List.Item>new: {diff.newLabels.join(', ')}</List.Item>}
      {diff.renamedLabels.map(({ from, to }) => (
        <List.Item key={from}>
          {from} is {to} now
        </List.Item>
      ))}
      {diff.retiredLabels.length === 0 ? null : (
        <List.Item>without images now: {diff.retiredLabels.join(', ')}</List.Item>
      )}
    </List>
    {diff.labels.length === 0 ? (
      <Text c="dimmed">No image changed.</Text>
    ) : (
      <Table.ScrollContainer minWidth={480}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Label</Table.Th>
              <Table.Th>Added</Table.Th>
              <Table.Th>Removed</Table.Th>
              <Table.Th>Came to have it</Table.Th>
              <Table.Th>Had it before</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {diff.labels.map(({ label, added, removed, relabelledTo, relabelledFrom }) => (
              <Table.Tr key={label}>
                <Table.Th scope="row">{label}</Table.Th>
                <Table.Td>{added}</Table.Td>
                <Table.Td>{removed}</Table.Td>
                <Table.Td>{relabelledTo}</Table.Td>
                <Table.Td>{relabelledFrom}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    )}
  </Section>
);

export const DatasetDiffPage = () => {
  const { id: from = '', other: to = '' } = useParams<{ id: Digest; other: Digest }>();
  const read = queries(useRegistry());
  const diff = useQuery(read.datasetDiff(from, to));
  const [before, after] = [useQuery(read.datasetVersion(from)).data, useQuery(read.datasetVersion(to)).data];
  const dataset = after?.dataset ?? '';
  return (
    <Page
      title={
        before === undefined || after === undefined
          ? 'What changed'
          : `${dataset}: from version ${before.number} to ${after.number}`
      }
      above={[
        { title: 'Datasets', to: '/datasets' },
        ...(after === undefined ? [] : [{ title: dataset, to: datasetPath(dataset) }]),
      ]}
    >
      <Loaded query={diff}>
        {(told) => (
          <Stack gap="xl">
            <Text>
              {told.added} added, {told.removed} removed, {told.relabelled} relabelled
              {told.moved === 0 ? '' : `, ${told.moved} moved between splits`}, from{' '}
              <Anchor component={Link} to={datasetVersionPath(from)}>
                version {before?.number}
              </Anchor>{' '}
              to{' '}
              <Anchor component={Link} to={datasetVersionPath(to)}>
                version {after?.number}
              </Anchor>
              .
            </Text>
            <Labels diff={told} />
            <ChangedImages diff={told} dataset={dataset} labels={after?.labels ?? []} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
};
