/** What a dataset version holds: in numbers, and every image. */
import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import type { DatasetVersion, Digest } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { datasetDiffPath, datasetPath } from '../../parts/links.js';
import { count } from '../../parts/numbers.js';
import { When } from '../../parts/when.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Page } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';
import { Card } from './card.js';
import { Images } from './images.js';

const Summary = ({ version }: { version: DatasetVersion }) => (
  <Text>
    {count(version.images, 'image')} of {count(version.labels.length, 'label')}: {version.bySplit.train} train,{' '}
    {version.bySplit.val} val, {version.bySplit.test} test. Made <When at={version.createdAt} />
    {version.parent === null
      ? '; the first version'
      : `; since the version before ${version.newImages} new, ${version.removed} removed, ${version.relabelled} relabelled`}
    .
    {version.quarantined === 0 ? null : (
      <>
        {' '}
        <Anchor component={Link} to={`${datasetPath(version.dataset)}/quarantine`}>
          {count(version.quarantined, 'object')} left out
        </Anchor>
        .
      </>
    )}
  </Text>
);

const Found = ({ version }: { version: DatasetVersion }) => (
  <Page
    title={`${version.dataset} version ${version.number}`}
    above={[
      { title: 'Datasets', to: '/datasets' },
      { title: version.dataset, to: datasetPath(version.dataset) },
    ]}
    actions={
      version.parent === null ? null : (
        <Group gap="xs">
          <Button component={Link} to={datasetDiffPath(version.parent, version.id)} size="xs" variant="default">
            What changed
          </Button>
        </Group>
      )
    }
  >
    <Stack gap="xl">
      <Summary version={version} />
      <Card version={version} />
      <Images version={version} />
    </Stack>
  </Page>
);

export const DatasetVersionPage = () => {
  const { id = '' } = useParams<{ id: Digest }>();
  const version = useQuery(queries(useRegistry()).datasetVersion(id));
  if (version.data === undefined) {
    return (
      <Page title="Dataset version" above={[{ title: 'Datasets', to: '/datasets' }]}>
        <Loaded query={version}>{() => null}</Loaded>
      </Page>
    );
  }
  return <Found key={id} version={version.data} />;
};
