/** Versions of a model side by side: what was measured of each, and what they were made from where that differs. */
import { Anchor, Table, Text } from '@mantine/core';
import type { Evaluation, ModelVersion } from '@graft/contracts';
import { useQueries } from '@tanstack/react-query';
import { Link, useParams, useSearchParams } from 'react-router';
import { modelPath, versionPath } from '../../parts/links.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Page, Section } from '../../shell/page.js';
import { Loaded, ProblemNote } from '../../shell/problem-note.js';
import { differences, measured, type ComparedRow } from './compared-rows.js';

/** More side by side nobody can read. */
const MOST_VERSIONS = 6;

const versionsIn = (text: string | null): number[] =>
  [...new Set((text ?? '').split(',').map(Number))].filter((n) => Number.isInteger(n) && n > 0).slice(0, MOST_VERSIONS);

interface SideBySideProps {
  readonly what: string;
  readonly versions: readonly ModelVersion[];
  readonly rows: readonly ComparedRow[];
}

const SideBySide = ({ what, versions, rows }: SideBySideProps) => (
  <Table.ScrollContainer minWidth={480}>
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{what}</Table.Th>
          {versions.map(({ model, version }) => (
            <Table.Th key={version}>
              <Anchor component={Link} to={versionPath(model, version)}>
                version {version}
              </Anchor>
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(({ name, values }) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" fw={400}>
              {name}
            </Table.Th>
            {values.map((value, index) => (
              <Table.Td key={versions[index]?.version} style={{ overflowWrap: 'anywhere' }}>
                {value}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  </Table.ScrollContainer>
);

const Reports = ({ versions }: { versions: readonly ModelVersion[] }) => {
  const ask = queries(useRegistry());
  const reports = useQueries({
    queries: versions.map(({ reportDigest }) => ask.report(reportDigest)),
    combine: (all) => ({
      data: all.every(({ data }) => data !== undefined) ? all.map(({ data }) => data as Evaluation) : undefined,
      error: all.find(({ error }) => error !== null)?.error ?? null,
      refetch: () => Promise.all(all.map(({ refetch }) => refetch())),
    }),
  });
  if (reports.error !== null) return <ProblemNote error={reports.error} retry={() => void reports.refetch()} />;
  if (reports.data === undefined) return <Text c="dimmed">Reading reports…</Text>;
  return <SideBySide what="Measured on its own test split" versions={versions} rows={measured(reports.data)} />;
};

const Compared = ({ versions }: { versions: readonly ModelVersion[] }) => {
  const differing = differences(versions);
  return (
    <>
      <Section title="Metrics">
        <Reports versions={versions} />
      </Section>
      <Section title="What differs">
        {differing.length === 0 ? (
          <Text c="dimmed">They were made from the same, in the same way.</Text>
        ) : (
          <SideBySide what="Made from" versions={versions} rows={differing} />
        )}
      </Section>
    </>
  );
};

export const ComparePage = () => {
  const { model = '' } = useParams();
  const [asked] = useSearchParams();
  const ask = queries(useRegistry());
  const numbers = versionsIn(asked.get('versions'));
  const versions = useQueries({
    queries: numbers.map((number) => ask.version(model, number)),
    combine: (all) => all,
  });
  const [missing] = versions.filter(({ error }) => error !== null);
  const found = versions.flatMap(({ data }) => (data === undefined ? [] : [data]));
  return (
    <Page
      title={`Versions ${numbers.join(', ')} of ${model}`}
      above={[
        { title: 'Models', to: '/models' },
        { title: model, to: modelPath(model) },
      ]}
    >
      {numbers.length < 2 ? (
        <Text>
          Choose two versions or more among{' '}
          <Anchor component={Link} to={modelPath(model)}>
            those of {model}
          </Anchor>
          .
        </Text>
      ) : missing !== undefined ? (
        <Loaded query={missing}>{() => null}</Loaded>
      ) : found.length === numbers.length ? (
        <Compared versions={found} />
      ) : (
        <Text c="dimmed">Reading versions…</Text>
      )}
    </Page>
  );
};
