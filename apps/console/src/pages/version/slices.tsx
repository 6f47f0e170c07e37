import { Table } from '@mantine/core';
import type { Evaluation } from '@graft/contracts';
import { worseSlices } from '@graft/evaluation';
import { withInterval } from '../../parts/numbers.js';
import { Section } from '../../shell/page.js';

/** Accuracy by what pictures are like; what is worse than the whole beyond chance says so. */
export const Slices = ({ report: { slices = [], metrics } }: { report: Evaluation }) => {
  if (slices.length === 0) return null;
  const worse = new Set(worseSlices(slices, metrics.accuracy));
  return (
    <Section title="By what pictures are like">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Pictures</Table.Th>
            <Table.Th>Images</Table.Th>
            <Table.Th>Accuracy [95%]</Table.Th>
            <Table.Th>Against the whole</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {slices.map((slice) => (
            <Table.Tr key={`${slice.by} ${slice.name}`}>
              <Table.Td>
                {slice.by}: {slice.name}
              </Table.Td>
              <Table.Td>{slice.accuracy.n}</Table.Td>
              <Table.Td>{withInterval(slice.accuracy)}</Table.Td>
              <Table.Td>{worse.has(slice) ? 'worse, and that is no chance' : 'as the whole'}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
};
