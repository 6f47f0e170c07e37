import { Center, Table, Text } from '@mantine/core';
import type { QuarantineEntry } from '@graft/contracts';
import { ActButton } from '../../parts/act-button.js';
import { DatasetImage } from '../../parts/dataset-image.js';
import { useMay, useRegistry } from '../../registry/registry.js';

const SIDE = 72;

export const LeftOut = ({ dataset, entries }: { dataset: string; entries: readonly QuarantineEntry[] }) => {
  const registry = useRegistry();
  const mayCorrect = useMay('createCorrection');
  return (
    <Table.ScrollContainer minWidth={720}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Picture</Table.Th>
            <Table.Th>Reason</Table.Th>
            <Table.Th>What was found</Table.Th>
            <Table.Th>Object</Table.Th>
            {mayCorrect ? <Table.Th>What can be done</Table.Th> : null}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map(({ key, reason, detail, thumbnail }) => (
            <Table.Tr key={key}>
              <Table.Td>
                {thumbnail === undefined ? (
                  <Center w={SIDE}>
                    <Text size="xs" c="dimmed">
                      none
                    </Text>
                  </Center>
                ) : (
                  <DatasetImage digest={thumbnail} alt={`left out for ${reason}, ${key}`} side={SIDE} />
                )}
              </Table.Td>
              <Table.Td>{reason}</Table.Td>
              <Table.Td>{detail}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{key}</Table.Td>
              {mayCorrect ? (
                <Table.Td>
                  <ActButton
                    label="Dismiss"
                    title="Dismiss what was left out"
                    effect={`The next version of ${dataset} no longer lists ${key}. It stays left out.`}
                    asksWhy
                    act={(why) =>
                      registry.createCorrection(dataset, { reason: why, actions: [{ action: 'dismiss', keys: [key] }] })
                    }
                    done="The next version takes it in."
                    touches={['datasets']}
                  />
                </Table.Td>
              ) : null}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
};
