import { Anchor, Code, Table } from '@mantine/core';
import { isAdopted, type ModelVersion } from '@graft/contracts';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { datasetVersionPath, runPath } from '../../parts/links.js';
import { When } from '../../parts/when.js';
import { Section } from '../../shell/page.js';

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <Table.Tr>
    <Table.Th scope="row" fw={400}>
      {name}
    </Table.Th>
    <Table.Td style={{ overflowWrap: 'anywhere' }}>{children}</Table.Td>
  </Table.Tr>
);

/** What it was made from. */
export const Lineage = ({ version: { lineage, createdAt, reportDigest } }: { version: ModelVersion }) => (
  <Section title="Made from">
    <Table>
      <Table.Tbody>
        {isAdopted(lineage) ? (
          <Fact name="Adopted from">
            {lineage.adopted.file}, written by {lineage.adopted.producer}
          </Fact>
        ) : (
          <>
            <Fact name="Run">
              <Anchor component={Link} to={runPath(lineage.runId)}>
                run of {lineage.pipeline}
              </Anchor>
            </Fact>
            <Fact name="Backbone">
              {lineage.embedder.backbone}, frozen up to {lineage.embedder.cut}, in {lineage.embedder.precision}
            </Fact>
            <Fact name="Weights">
              <Code>{lineage.embedder.weightsDigest}</Code>
            </Fact>
          </>
        )}
        <Fact name="Dataset version">
          <Anchor component={Link} to={datasetVersionPath(lineage.datasetVersion)}>
            {lineage.datasetVersion.slice(0, 12)}
          </Anchor>
        </Fact>
        <Fact name="Code">
          Graft {lineage.code.graft}
          {lineage.code.commit === null ? '' : `, commit ${lineage.code.commit.slice(0, 12)}`}
        </Fact>
        <Fact name="Made">
          <When at={createdAt} />
        </Fact>
        <Fact name="Report">
          <Code>{reportDigest}</Code>
        </Fact>
      </Table.Tbody>
    </Table>
  </Section>
);
