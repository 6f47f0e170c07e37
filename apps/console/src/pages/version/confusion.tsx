/** What is taken for what: the whole matrix where it can be read, else the pairs that are confused most. */
import { ScrollArea, SegmentedControl, Table, Text } from '@mantine/core';
import type { Evaluation } from '@graft/contracts';
import { useState } from 'react';
import { Section } from '../../shell/page.js';

const MOST_COLUMNS = 24;
const MOST_PAIRS = 20;
const SIDES = ['this version', 'champion', 'difference'] as const;
type Side = (typeof SIDES)[number];

/** The champion is judged on the images of the comparison alone: only where those are all can its counts be taken off. */
const sidesOf = ({ metrics, champion }: Evaluation): Side[] => {
  if (champion === null) return [];
  const isSame = champion.metrics.images === metrics.images && champion.newLabels.length === 0;
  return SIDES.filter((side) => side !== 'difference' || isSame);
};
type Matrix = readonly (readonly number[])[];

const matrixOf = ({ metrics, champion }: Evaluation, side: Side): Matrix => {
  const theirs = champion?.metrics.confusion ?? [];
  if (side === 'this version') return metrics.confusion;
  if (side === 'champion') return theirs;
  return metrics.confusion.map((row, truth) => row.map((n, said) => n - (theirs[truth]?.[said] ?? 0)));
};

/** How strong a cell is shaded, 0 to 1; right answers and wrong ones in colours of their own. */
const shadeOf = (n: number, most: number, isRight: boolean): string => {
  const share = most === 0 ? 0 : Math.min(1, Math.abs(n) / most);
  const isGood = n >= 0 === isRight;
  return n === 0
    ? 'transparent'
    : `color-mix(in srgb, var(--mantine-color-${isGood ? 'teal' : 'orange'}-5) ${Math.round(8 + 24 * share)}%, transparent)`;
};

const Whole = ({ matrix, labels }: { matrix: Matrix; labels: readonly string[] }) => {
  const most = Math.max(0, ...matrix.flat().map(Math.abs));
  return (
    <ScrollArea>
      <Table withColumnBorders withRowBorders w="auto" fz="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>is ↓ said →</Table.Th>
            {labels.map((label) => (
              <Table.Th key={label}>{label}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {matrix.map((row, truth) => (
            <Table.Tr key={labels[truth]}>
              <Table.Th scope="row">{labels[truth]}</Table.Th>
              {row.map((n, said) => (
                <Table.Td key={labels[said]} ta="right" style={{ background: shadeOf(n, most, said === truth) }}>
                  {n}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  );
};

const Pairs = ({ matrix, labels }: { matrix: Matrix; labels: readonly string[] }) => {
  const pairs = matrix
    .flatMap((row, truth) => row.map((n, said) => ({ truth, said, n })))
    .filter(({ truth, said, n }) => truth !== said && n !== 0)
    .sort((a, b) => Math.abs(b.n) - Math.abs(a.n))
    .slice(0, MOST_PAIRS);
  if (pairs.length === 0) return <Text c="dimmed">Nothing is confused.</Text>;
  return (
    <Table w="auto">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Is</Table.Th>
          <Table.Th>Said</Table.Th>
          <Table.Th>Images</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {pairs.map(({ truth, said, n }) => (
          <Table.Tr key={`${truth} ${said}`}>
            <Table.Td>{labels[truth]}</Table.Td>
            <Table.Td>{labels[said]}</Table.Td>
            <Table.Td>{n}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
};

export const Confusion = ({ report }: { report: Evaluation }) => {
  const [side, setSide] = useState<Side>('this version');
  const matrix = matrixOf(report, side);
  const { labels } = report;
  const sides = sidesOf(report);
  return (
    <Section
      title={labels.length > MOST_COLUMNS ? 'Confused most' : 'Confusion'}
      actions={
        sides.length === 0 ? null : (
          <SegmentedControl
            aria-label="whose confusion"
            value={side}
            onChange={(value) => setSide(value as Side)}
            data={sides}
          />
        )
      }
    >
      {labels.length > MOST_COLUMNS ? (
        <Pairs matrix={matrix} labels={labels} />
      ) : (
        <Whole matrix={matrix} labels={labels} />
      )}
    </Section>
  );
};
