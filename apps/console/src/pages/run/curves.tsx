/** How a training goes, as a chart and as a table. Loaded when it is wanted: the charts are large. */
import '@mantine/charts/styles.css';
import { LineChart } from '@mantine/charts';
import { Accordion, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import type { RunEvent } from '@graft/contracts';

const number = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(4));

/** @param points progress of one training, in order */
const Curves = ({ points }: { points: readonly RunEvent[] }) => {
  const data = points.map(({ step = 0, loss, valLoss, accuracy }) => ({ step, loss, valLoss, accuracy }));
  const isJudged = data.some(({ accuracy }) => accuracy !== undefined);
  const shared = { h: 240, data, dataKey: 'step', withDots: false, connectNulls: true, withLegend: true } as const;
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, md: 2 }} aria-hidden>
        <LineChart
          {...shared}
          series={[
            { name: 'loss', color: 'blue.6' },
            { name: 'valLoss', label: 'val loss', color: 'orange.7' },
          ]}
          lineChartProps={{ accessibilityLayer: false }}
        />
        {isJudged ? (
          <LineChart
            {...shared}
            series={[{ name: 'accuracy', label: 'val accuracy', color: 'teal.7' }]}
            yAxisProps={{ domain: [0, 1] }}
            lineChartProps={{ accessibilityLayer: false }}
          />
        ) : null}
      </SimpleGrid>
      <Accordion variant="contained">
        <Accordion.Item value="numbers">
          <Accordion.Control>
            <Text size="sm">As numbers</Text>
          </Accordion.Control>
          <Accordion.Panel>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Step</Table.Th>
                  <Table.Th>Loss</Table.Th>
                  <Table.Th>Val loss</Table.Th>
                  <Table.Th>Val accuracy</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {data.map(({ step, loss, valLoss, accuracy }, at) => (
                  <Table.Tr key={at}>
                    <Table.Td>{step}</Table.Td>
                    <Table.Td>{number(loss)}</Table.Td>
                    <Table.Td>{number(valLoss)}</Table.Td>
                    <Table.Td>{number(accuracy)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Stack>
  );
};
export default Curves;
