import { Table, Text } from '@mantine/core';
import type { Evaluation, Interval } from '@graft/contracts';
import { count, megabytes, percent, withInterval } from '../../parts/numbers.js';
import { Section } from '../../shell/page.js';

interface Row {
  readonly name: string;
  readonly candidate: string;
  readonly champion: string;
}

const interval = (value: Interval | undefined): string => (value === undefined ? '–' : withInterval(value));
const milliseconds = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(1)} ms`);
const share = (value: number | undefined): string => (value === undefined ? '–' : percent(value));

const rowsOf = ({ metrics, latency, sizeBytes, champion }: Evaluation): Row[] => [
  { name: 'accuracy [95%]', candidate: interval(metrics.accuracy), champion: interval(champion?.metrics.accuracy) },
  {
    name: 'balanced accuracy',
    candidate: share(metrics.balancedAccuracy),
    champion: share(champion?.metrics.balancedAccuracy),
  },
  { name: 'macro-F1', candidate: share(metrics.macroF1), champion: share(champion?.metrics.macroF1) },
  { name: 'calibration error (ECE)', candidate: share(metrics.ece), champion: share(champion?.metrics.ece) },
  ...Object.keys(metrics.accuracyBySource)
    .sort()
    .map((source) => ({
      name: `accuracy on ${source} [95%]`,
      candidate: interval(metrics.accuracyBySource[source]),
      champion: interval(champion?.metrics.accuracyBySource[source]),
    })),
  { name: 'one image, p50', candidate: milliseconds(latency.p50Ms), champion: milliseconds(champion?.latency.p50Ms) },
  { name: 'one image, p99', candidate: milliseconds(latency.p99Ms), champion: milliseconds(champion?.latency.p99Ms) },
  { name: 'size', candidate: megabytes(sizeBytes), champion: '–' },
  {
    name: 'test images',
    candidate: metrics.images.toLocaleString('en'),
    champion: champion === null ? '–' : champion.metrics.images.toLocaleString('en'),
  },
];

const comparedWith = ({ champion }: Evaluation): string | null => {
  if (champion === null) return null;
  const { paired, seenInTraining, newLabels } = champion;
  return [
    `On the same ${count(paired.images, 'image')}: difference ${withInterval(paired.difference)}, McNemar p ${paired.mcnemarP.toPrecision(2)}.`,
    seenInTraining > 0 ? `${count(seenInTraining, 'image')} left out that the champion was trained on.` : '',
    newLabels.length > 0 ? `Labels that it doesn't know: ${newLabels.join(', ')}.` : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
};

/** The version's numbers beside the champion's on the images of their comparison. */
export const MetricsTable = ({ report }: { report: Evaluation }) => (
  <Section title="Metrics">
    <Table.ScrollContainer minWidth={520}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Measured</Table.Th>
            <Table.Th>This version</Table.Th>
            <Table.Th>
              {report.champion === null ? 'No champion' : `Champion, version ${report.champion.version}`}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rowsOf(report).map(({ name, candidate, champion }) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={400}>
                {name}
              </Table.Th>
              <Table.Td>{candidate}</Table.Td>
              <Table.Td>{champion}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
    {report.champion === null ? null : <Text size="sm">{comparedWith(report)}</Text>}
  </Section>
);
