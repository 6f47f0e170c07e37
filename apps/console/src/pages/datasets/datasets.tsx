/** Every dataset: what it has, what it waits for, when a version is made. */
import { Anchor, Stack, Table, Text } from '@mantine/core';
import type { Dataset } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { datasetPath, datasetVersionPath } from '../../parts/links.js';
import { count } from '../../parts/numbers.js';
import { queries } from '../../registry/queries.js';
import { useMay, useRegistry } from '../../registry/registry.js';
import { Page } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';
import { CreateDataset } from './create-dataset.js';
import { tellPolicy } from './tell-watch.js';
import { WatchActions } from './watch-actions.js';
import { WatchNote } from './watch-note.js';

const Row = ({ dataset }: { dataset: Dataset }) => {
  const story = useQuery(queries(useRegistry()).datasetStory(dataset.name));
  const latest = story.data?.latestVersion ?? null;
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component={Link} to={datasetPath(dataset.name)}>
          {dataset.name}
        </Anchor>
      </Table.Td>
      <Table.Td>
        {latest === null ? (
          'none yet'
        ) : (
          <>
            <Anchor component={Link} to={datasetVersionPath(latest.id)}>
              version {latest.number}
            </Anchor>
            , {count(latest.images, 'image')} of {count(latest.labels.length, 'label')}
          </>
        )}
      </Table.Td>
      <Table.Td>
        <Loaded query={story}>{(told) => <WatchNote story={told} />}</Loaded>
      </Table.Td>
      <Table.Td>
        <Text size="sm" c="dimmed">
          {tellPolicy(dataset.policy)}
        </Text>
      </Table.Td>
      <Table.Td>
        <WatchActions dataset={dataset} />
      </Table.Td>
    </Table.Tr>
  );
};

export const Datasets = () => {
  const datasets = useQuery(queries(useRegistry()).datasets());
  const mayCreate = useMay('putDataset');
  const names = (datasets.data ?? []).map(({ name }) => name);
  return (
    <Page title="Datasets" actions={mayCreate ? <CreateDataset taken={names} /> : null}>
      <Loaded query={datasets}>
        {(list) =>
          list.length === 0 ? (
            <Stack>
              <Text c="dimmed">No dataset yet. One has images, each with a label, and versions of them.</Text>
            </Stack>
          ) : (
            <Table.ScrollContainer minWidth={900}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Dataset</Table.Th>
                    <Table.Th>Latest version</Table.Th>
                    <Table.Th>Now</Table.Th>
                    <Table.Th>A version is made</Table.Th>
                    <Table.Th>What can be done</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {list.map((dataset) => (
                    <Row key={dataset.name} dataset={dataset} />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Loaded>
    </Page>
  );
};
