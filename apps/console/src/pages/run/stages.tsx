import { Badge, Progress, Stack, Table, Text, type MantineColor } from '@mantine/core';
import { STAGE_UNITS, STOPS_EARLY, type RunEvent } from '@graft/contracts';
import { duration, percent } from '../../parts/numbers.js';
import type { StageTold } from './stages-of.js';

const COLOURS: Readonly<Record<StageTold['state'], MantineColor>> = {
  'under way': 'blue',
  finished: 'green',
  failed: 'red',
};

const describe = ({ stage, step, total, imagesPerSecond, loss, valLoss, accuracy, etaSeconds }: RunEvent): string =>
  [
    total === undefined ? null : `${step ?? 0} of ${total} ${STAGE_UNITS[stage] ?? ''}`.trim(),
    imagesPerSecond === undefined ? null : `${imagesPerSecond.toFixed(0)} images/s`,
    loss === undefined ? null : `loss ${loss.toFixed(4)}`,
    valLoss === undefined ? null : `val loss ${valLoss.toFixed(4)}`,
    accuracy === undefined ? null : `val accuracy ${percent(accuracy)}`,
    etaSeconds === undefined ? null : `${STOPS_EARLY.has(stage) ? 'at most ' : ''}${duration(etaSeconds)} left`,
  ]
    .filter((part) => part !== null)
    .join(' · ');

const HowFar = ({ stage, progress }: { stage: string; progress: RunEvent }) => (
  <Stack gap={4}>
    {progress.total === undefined || progress.total === 0 ? null : (
      <Progress
        value={(100 * (progress.step ?? 0)) / progress.total}
        aria-label={`how far ${stage} is`}
        transitionDuration={200}
      />
    )}
    <Text size="sm">{describe(progress)}</Text>
  </Stack>
);

export const Stages = ({ stages, isUnderWay }: { stages: readonly StageTold[]; isUnderWay: boolean }) =>
  stages.length === 0 ? (
    <Text c="dimmed">None has begun.</Text>
  ) : (
    <Table.ScrollContainer minWidth={640}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Stage</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Seconds</Table.Th>
            <Table.Th>What it came to</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {stages.map(({ stage, state, seconds, progress, words }) => (
            <Table.Tr key={stage}>
              <Table.Td>{stage}</Table.Td>
              <Table.Td>
                {state === 'under way' && !isUnderWay ? (
                  <Badge color="gray" miw="max-content">
                    left
                  </Badge>
                ) : (
                  <Badge color={COLOURS[state]} miw="max-content">
                    {state}
                  </Badge>
                )}
              </Table.Td>
              <Table.Td>{seconds === null ? '–' : seconds.toFixed(2)}</Table.Td>
              <Table.Td style={{ whiteSpace: 'pre-line' }}>
                {state === 'under way' && progress !== null ? <HowFar stage={stage} progress={progress} /> : words}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
