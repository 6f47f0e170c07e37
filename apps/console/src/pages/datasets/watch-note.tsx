import { Badge, Group, Text, type MantineColor } from '@mantine/core';
import type { DatasetStory } from '@graft/contracts';
import { When } from '../../parts/when.js';
import { tellWatch, type WatchTold } from './tell-watch.js';

const COLOURS: Readonly<Record<WatchTold['state'], MantineColor>> = {
  paused: 'orange',
  idle: 'gray',
  settling: 'blue',
  waiting: 'yellow',
  ingesting: 'blue',
  'not looked at': 'gray',
};

export const WatchNote = ({ story }: { story: DatasetStory }) => {
  const { state, words, dueAt } = tellWatch(story);
  return (
    <Group gap="xs" wrap="nowrap" align="center">
      <Badge color={COLOURS[state]} miw="max-content">
        {state}
      </Badge>
      <Text size="sm">
        {words}
        {dueAt === null ? null : (
          <>
            , <When at={dueAt} />
          </>
        )}
      </Text>
    </Group>
  );
};
