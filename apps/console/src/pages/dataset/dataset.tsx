/** One dataset: what it waits for, its versions, who learns from it, what was left out and what people corrected. */
import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { datasetPath } from '../../parts/links.js';
import { queries } from '../../registry/queries.js';
import { useMay, useRegistry } from '../../registry/registry.js';
import { Page, Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';
import { tellPolicy } from '../datasets/tell-watch.js';
import { WatchActions } from '../datasets/watch-actions.js';
import { WatchNote } from '../datasets/watch-note.js';
import { Corrections } from './corrections.js';
import { Ingestions } from './ingestions.js';
import { Subscribers } from './subscribers.js';
import { Versions } from './versions.js';

export const DatasetPage = () => {
  const { name = '' } = useParams();
  const story = useQuery(queries(useRegistry()).datasetStory(name));
  const mayUpload = useMay('requestUploads');
  return (
    <Page
      title={name}
      above={[{ title: 'Datasets', to: '/datasets' }]}
      actions={
        <Group gap="xs">
          <Button component={Link} to={`${datasetPath(name)}/quarantine`} size="xs" variant="default">
            What was left out
          </Button>
          {mayUpload ? (
            <Button component={Link} to={`${datasetPath(name)}/upload`} size="xs">
              Upload images
            </Button>
          ) : null}
        </Group>
      }
    >
      <Loaded query={story}>
        {(told) => (
          <Stack gap="xl">
            <Section title="Now" actions={<WatchActions dataset={told.dataset} />}>
              <WatchNote story={told} />
              <Text size="sm" c="dimmed">
                A version is made {tellPolicy(told.dataset.policy)}.
              </Text>
            </Section>
            <Subscribers pipelines={told.pipelines} />
            <Versions dataset={name} />
            <Ingestions ingestions={told.ingestions} />
            <Corrections dataset={name} takenIn={told.latestVersion?.corrections ?? 0} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
};
