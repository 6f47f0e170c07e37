/** A model's versions, newest first: those in sight are rows, and the next page is read when its place comes near. */
import { Anchor, Button, Checkbox, Group, Loader, Table, Text } from '@mantine/core';
import { isAdopted, type ModelVersion } from '@graft/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import { VerdictBadge, VersionBadge } from '../../parts/badges.js';
import { modelPath, runPath, versionPath } from '../../parts/links.js';
import { withInterval } from '../../parts/numbers.js';
import { usePlaceOnPage } from '../../parts/use-place-on-page.js';
import { When } from '../../parts/when.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Loaded } from '../../shell/problem-note.js';

const ROW_HEIGHT = 41;
const BUFFERED_ROWS = 10;
const COLUMNS = ['Compare', 'Version', 'State', 'Gate', 'Accuracy [95%]', 'Form', 'Made', 'By'];

const Maker = ({ lineage }: ModelVersion) =>
  isAdopted(lineage) ? (
    'adopted'
  ) : (
    <Anchor component={Link} to={runPath(lineage.runId)}>
      run of {lineage.pipeline}
    </Anchor>
  );

interface RowProps {
  readonly version: ModelVersion;
  readonly isChosen: boolean;
  readonly choose: (chosen: boolean) => void;
}

const Row = ({ version, isChosen, choose }: RowProps) => (
  <Table.Tr h={ROW_HEIGHT}>
    <Table.Td>
      <Checkbox
        aria-label={`compare version ${version.version}`}
        checked={isChosen}
        onChange={(event) => choose(event.currentTarget.checked)}
      />
    </Table.Td>
    <Table.Td>
      <Anchor component={Link} to={versionPath(version.model, version.version)}>
        version {version.version}
      </Anchor>
    </Table.Td>
    <Table.Td>
      <VersionBadge state={version.state} />
    </Table.Td>
    <Table.Td>
      <VerdictBadge verdict={version.gateVerdict} />
    </Table.Td>
    <Table.Td>{withInterval(version.accuracy)}</Table.Td>
    <Table.Td>{version.variant}</Table.Td>
    <Table.Td>
      <When at={version.createdAt} />
    </Table.Td>
    <Table.Td>
      <Maker {...version} />
    </Table.Td>
  </Table.Tr>
);

/** What is above and below the rows in sight. */
const Space = ({ height }: { height: number }) =>
  height <= 0 ? null : (
    <tr aria-hidden>
      <td colSpan={COLUMNS.length} style={{ height, padding: 0 }} />
    </tr>
  );

const CompareButton = ({ model, chosen }: { model: string; chosen: ReadonlySet<number> }) => {
  const numbers = [...chosen].sort((a, b) => a - b);
  const look = { size: 'xs', variant: 'default' } as const;
  return numbers.length < 2 ? (
    <Button {...look} disabled>
      Compare two or more
    </Button>
  ) : (
    <Button {...look} component={Link} to={`${modelPath(model)}/compare?versions=${numbers.join(',')}`}>
      Compare versions {numbers.join(', ')}
    </Button>
  );
};

interface TableProps {
  readonly model: string;
  readonly versions: readonly ModelVersion[];
  readonly hasMore: boolean;
  readonly isReading: boolean;
  readonly readMore: () => void;
}

const VersionsTable = ({ model, versions, hasMore, isReading, readMore }: TableProps) => {
  const top = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const virtualizer = useWindowVirtualizer({
    count: versions.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: BUFFERED_ROWS,
    scrollMargin: usePlaceOnPage(top),
  });
  const shown = virtualizer.getVirtualItems();
  const margin = virtualizer.options.scrollMargin;
  const lastIndex = shown.at(-1)?.index ?? -1;
  useEffect(() => {
    if (hasMore && !isReading && lastIndex >= versions.length - BUFFERED_ROWS) readMore();
  }, [hasMore, isReading, lastIndex, versions.length, readMore]);
  const choose = (version: number, isChosen: boolean): void => {
    const next = new Set(chosen);
    if (isChosen) next.add(version);
    else next.delete(version);
    setChosen(next);
  };
  return (
    <div ref={top}>
      <Group justify="flex-end">
        <CompareButton model={model} chosen={chosen} />
      </Group>
      <Table.ScrollContainer minWidth={760}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              {COLUMNS.map((name) => (
                <Table.Th key={name}>{name}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            <Space height={(shown[0]?.start ?? margin) - margin} />
            {shown.map(({ index }) => {
              const version = versions[index];
              return version === undefined ? null : (
                <Row
                  key={version.version}
                  version={version}
                  isChosen={chosen.has(version.version)}
                  choose={(isChosen) => choose(version.version, isChosen)}
                />
              );
            })}
            <Space height={virtualizer.getTotalSize() - ((shown.at(-1)?.end ?? margin) - margin)} />
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {isReading ? <Loader size="sm" aria-label="loading more" /> : null}
    </div>
  );
};

export const Versions = ({ model }: { model: string }) => {
  const versions = useInfiniteQuery(queries(useRegistry()).versionPages(model));
  return (
    <Loaded query={versions}>
      {({ pages }) => {
        const all = pages.flatMap(({ items }) => items);
        return all.length === 0 ? (
          <Text c="dimmed">None was made here.</Text>
        ) : (
          <VersionsTable
            model={model}
            versions={all}
            hasMore={versions.hasNextPage}
            isReading={versions.isFetchingNextPage}
            readMore={() => void versions.fetchNextPage()}
          />
        );
      }}
    </Loaded>
  );
};
