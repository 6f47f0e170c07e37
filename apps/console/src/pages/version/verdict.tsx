import { Table, Text } from '@mantine/core';
import type { Evaluation } from '@graft/contracts';
import { plainVerdict } from '@graft/evaluation';
import { VerdictBadge } from '../../parts/badges.js';
import { Section } from '../../shell/page.js';

/** The report in one sentence, and what the gate asked, line by line. */
export const Verdict = ({ report }: { report: Evaluation }) => (
  <Section title="Verdict">
    <Text fw={600}>{plainVerdict(report)}</Text>
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>The gate asked</Table.Th>
          <Table.Th>Verdict</Table.Th>
          <Table.Th>What was found</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {report.gate.checks.map(({ name, verdict, detail }) => (
          <Table.Tr key={name}>
            <Table.Td>{name}</Table.Td>
            <Table.Td>
              <VerdictBadge verdict={verdict} />
            </Table.Td>
            <Table.Td>{detail}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
    {report.earlierLooks === 0 ? null : (
      <Text size="sm" c="dimmed">
        This test split was looked at {report.earlierLooks} {report.earlierLooks === 1 ? 'time' : 'times'} before: each
        look makes it a little easier.
      </Text>
    )}
  </Section>
);
