import { Badge, Code, List, Table, Text } from '@mantine/core';
import type { Replica } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { When } from '../../parts/when.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';

const Health = ({ live, problems }: Replica) => {
  if (!live) return <Badge color="red">away</Badge>;
  if (problems.length > 0) return <Badge color="orange">in trouble</Badge>;
  return <Badge color="green">well</Badge>;
};

const Row = ({ replica }: { replica: Replica }) => (
  <Table.Tr>
    <Table.Td>
      <Code>{replica.id}</Code>
    </Table.Td>
    <Table.Td>{replica.environment}</Table.Td>
    <Table.Td>
      <Health {...replica} />
      {replica.problems.length === 0 ? null : (
        <List size="sm">
          {replica.problems.map(({ model, message }) => (
            <List.Item key={`${model} ${message}`}>
              {model}: {message}
            </List.Item>
          ))}
        </List>
      )}
    </Table.Td>
    <Table.Td>
      {replica.serving.length === 0
        ? '–'
        : replica.serving.map(({ model, version }) => `${model} version ${version}`).join(', ')}
    </Table.Td>
    <Table.Td>
      <When at={replica.renewedAt} />
    </Table.Td>
  </Table.Tr>
);

export const Replicas = () => {
  const replicas = useQuery(queries(useRegistry()).replicas());
  return (
    <Section title="Replicas">
      <Loaded query={replicas}>
        {(list) =>
          list.length === 0 ? (
            <Text c="dimmed">None has told of itself.</Text>
          ) : (
            <Table.ScrollContainer minWidth={560}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Replica</Table.Th>
                    <Table.Th>Environment</Table.Th>
                    <Table.Th>Health</Table.Th>
                    <Table.Th>Serves</Table.Th>
                    <Table.Th>Heard of</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {list.map((replica) => (
                    <Row key={replica.id} replica={replica} />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Loaded>
    </Section>
  );
};
