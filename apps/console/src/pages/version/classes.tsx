import { Table } from '@mantine/core';
import type { Evaluation } from '@graft/contracts';
import { lazy } from 'react';
import { percent, withInterval } from '../../parts/numbers.js';
import { WhenNear } from '../../parts/when-near.js';
import { Section } from '../../shell/page.js';

/** More labels than this make bars that nobody can tell apart: the table has them all. */
const MOST_BARS = 30;
const RecallChart = lazy(async () => ({ default: (await import('./recall-chart.js')).RecallChart }));

const changeOf = (report: Evaluation, label: string): string => {
  const paired = report.champion?.paired.perClass.find((one) => one.label === label);
  return paired === undefined
    ? '–'
    : `+${paired.onlyCandidateRight} −${paired.onlyChampionRight} (p ${paired.pHolm.toPrecision(2)})`;
};

/** Each class: how much of it is found, how much of what is said is right, and what changed against the champion. */
export const Classes = ({ report }: { report: Evaluation }) => (
  <Section title="By class">
    {report.labels.length > MOST_BARS ? null : (
      <WhenNear height={280}>
        <RecallChart report={report} />
      </WhenNear>
    )}
    <Table.ScrollContainer minWidth={640} mah={480}>
      <Table stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Class</Table.Th>
            <Table.Th>Images</Table.Th>
            <Table.Th>Recall [95%]</Table.Th>
            <Table.Th>Precision [95%]</Table.Th>
            <Table.Th>F1</Table.Th>
            <Table.Th>Fixed, broken (p after Holm)</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {report.metrics.perClass.map(({ label, support, recall, precision, f1 }) => (
            <Table.Tr key={label}>
              <Table.Th scope="row" fw={400}>
                {label}
              </Table.Th>
              <Table.Td>{support}</Table.Td>
              <Table.Td>{withInterval(recall)}</Table.Td>
              <Table.Td>{withInterval(precision)}</Table.Td>
              <Table.Td>{percent(f1)}</Table.Td>
              <Table.Td>{changeOf(report, label)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  </Section>
);
