import { Table } from '@mantine/core';
import type { ModelVersion } from '@graft/contracts';
import { VerdictBadge } from '../../parts/badges.js';
import { megabytes, withInterval } from '../../parts/numbers.js';

/** The version's forms side by side, in the pipeline's order. */
export const Variants = ({ version }: { version: ModelVersion }) => (
  <Table>
    <Table.Thead>
      <Table.Tr>
        <Table.Th>Form</Table.Th>
        <Table.Th>Accuracy [95%]</Table.Th>
        <Table.Th>One image, p50</Table.Th>
        <Table.Th>Size</Table.Th>
        <Table.Th>Gate</Table.Th>
      </Table.Tr>
    </Table.Thead>
    <Table.Tbody>
      {version.variants.map(({ variant, accuracy, latencyP50Ms, sizeBytes, gateVerdict }) => (
        <Table.Tr key={variant}>
          <Table.Td>
            {variant}
            {variant === version.variant ? ' (preferred: what a promotion serves)' : ''}
          </Table.Td>
          <Table.Td>{withInterval(accuracy)}</Table.Td>
          <Table.Td>{latencyP50Ms.toFixed(1)} ms</Table.Td>
          <Table.Td>{megabytes(sizeBytes)}</Table.Td>
          <Table.Td>
            <VerdictBadge verdict={gateVerdict} />
          </Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </Table>
);
