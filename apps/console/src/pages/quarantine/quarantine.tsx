/** What was left out of a dataset up to now, with reasons; what contradicts itself is decided here. */
import { Button, Group, Select, SimpleGrid, Stack, Text } from '@mantine/core';
import { QUARANTINE_REASONS, quarantineReasonSchema } from '@graft/contracts';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useParams, useSearchParams } from 'react-router';
import { datasetPath } from '../../parts/links.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Page, Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';
import { ConflictCard } from './conflict-card.js';
import { groupEntries } from './group-entries.js';
import { LeftOut } from './left-out.js';

export const QuarantinePage = () => {
  const { name = '' } = useParams();
  const [search, setSearch] = useSearchParams();
  const reason = quarantineReasonSchema.safeParse(search.get('reason')).data;
  const read = queries(useRegistry());
  const quarantine = useInfiniteQuery(read.quarantine(name, reason));
  const story = useQuery(read.datasetStory(name));
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = quarantine;
  return (
    <Page
      title={`Left out of ${name}`}
      above={[
        { title: 'Datasets', to: '/datasets' },
        { title: name, to: datasetPath(name) },
      ]}
    >
      <Group>
        <Select
          label="Reason"
          placeholder="any"
          data={[...QUARANTINE_REASONS]}
          value={reason ?? null}
          onChange={(value) => setSearch(value === null ? {} : { reason: value }, { replace: true })}
          clearable
          clearButtonProps={{ 'aria-label': 'any reason' }}
        />
      </Group>
      <Loaded query={quarantine}>
        {({ pages }) => {
          const { conflicts, others } = groupEntries(pages.flatMap(({ items }) => items));
          if (conflicts.length + others.length === 0) return <Text c="dimmed">Nothing.</Text>;
          return (
            <Stack gap="xl">
              {conflicts.length === 0 ? null : (
                <Section title="The same picture with several labels">
                  <SimpleGrid cols={{ base: 1, lg: 2 }}>
                    {conflicts.map((conflict) => (
                      <ConflictCard
                        key={conflict.picture}
                        dataset={name}
                        conflict={conflict}
                        labels={story.data?.latestVersion?.labels ?? []}
                      />
                    ))}
                  </SimpleGrid>
                </Section>
              )}
              {others.length === 0 ? null : (
                <Section title={conflicts.length === 0 ? 'What was left out' : 'What else was left out'}>
                  <LeftOut dataset={name} entries={others} />
                </Section>
              )}
              {hasNextPage ? (
                <Group>
                  <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                    More
                  </Button>
                </Group>
              ) : null}
            </Stack>
          );
        }}
      </Loaded>
    </Page>
  );
};
