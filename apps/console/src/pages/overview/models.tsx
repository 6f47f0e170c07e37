import { Anchor, Code, Table, Text } from '@mantine/core';
import type { Model } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { modelPath, versionPath } from '../../parts/links.js';
import { When } from '../../parts/when.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';

/** Since when, by whom and why: the newest row of the ledger. */
const Since = ({ model, environment }: { model: string; environment: string }) => {
  const ledger = useQuery(queries(useRegistry()).ledger(model, { environment, limit: 1 }));
  return (
    <Loaded query={ledger}>
      {([last]) =>
        last === undefined ? null : (
          <>
            <When at={last.at} /> by {last.by}, {last.action}: {last.reason}
          </>
        )
      }
    </Loaded>
  );
};

type Placed =
  | { readonly model: Model; readonly environment: null; readonly champion: null }
  | { readonly model: Model; readonly environment: string; readonly champion: Model['champions'][string] };

const rowsOf = (model: Model): Placed[] => {
  const served = Object.entries(model.champions);
  return served.length === 0
    ? [{ model, environment: null, champion: null }]
    : served.map(([environment, champion]) => ({ model, environment, champion }));
};

const Row = ({ model: { name, latestVersion }, environment, champion }: Placed) => (
  <Table.Tr>
    <Table.Td>
      <Anchor component={Link} to={modelPath(name)}>
        {name}
      </Anchor>
    </Table.Td>
    {environment === null ? (
      <Table.Td colSpan={3}>
        <Text size="sm" c="dimmed">
          serves nowhere yet
        </Text>
      </Table.Td>
    ) : (
      <>
        <Table.Td>{environment}</Table.Td>
        <Table.Td>
          <Anchor component={Link} to={versionPath(name, champion.version)}>
            version {champion.version}
          </Anchor>
          {champion.variant === 'fp32' ? '' : ` (${champion.variant})`}
        </Table.Td>
        <Table.Td>
          <Since model={name} environment={environment} />
        </Table.Td>
      </>
    )}
    <Table.Td>{latestVersion ?? '–'}</Table.Td>
  </Table.Tr>
);

/** What each environment serves of these models. */
export const ModelsTable = ({ models }: { models: readonly Model[] }) => (
  <Table.ScrollContainer minWidth={640}>
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Model</Table.Th>
          <Table.Th>Environment</Table.Th>
          <Table.Th>Serves</Table.Th>
          <Table.Th>Since</Table.Th>
          <Table.Th>Newest version</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {models.flatMap(rowsOf).map((row) => (
          <Row key={`${row.model.name} ${row.environment ?? ''}`} {...row} />
        ))}
      </Table.Tbody>
    </Table>
  </Table.ScrollContainer>
);

export const Models = () => {
  const models = useQuery(queries(useRegistry()).models());
  return (
    <Section title="Models">
      <Loaded query={models}>
        {(list) =>
          list.length === 0 ? (
            <Text c="dimmed">
              No model yet. <Code>./graft data create</Code> makes a dataset, <Code>./graft pipelines apply</Code> says
              what to make of it.
            </Text>
          ) : (
            <ModelsTable models={list} />
          )
        }
      </Loaded>
    </Section>
  );
};
