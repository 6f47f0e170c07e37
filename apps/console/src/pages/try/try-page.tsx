/** Drop an image, see what the model says of it: asked of a replica that serves it now. */
import { Anchor, Group, Image, Progress, Select, Skeleton, Stack, Table, Text } from '@mantine/core';
import { MOST_IMAGE_BYTES, type Classification } from '@graft/contracts';
import { useMutation, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { Link, useParams } from 'react-router';
import { toDataUrl } from '../../parts/data-url.js';
import { environmentsOf } from '../../parts/environments-of.js';
import { modelPath, versionPath } from '../../parts/links.js';
import { percent } from '../../parts/numbers.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Page } from '../../shell/page.js';
import { ProblemNote } from '../../shell/problem-note.js';

const DropArea = lazy(() => import('../../parts/drop-area.js'));

const SIDE = 320;
const MOST_LABELS = 10;

const Answer = ({ answer, model }: { answer: Classification; model: string }) => (
  <Stack gap="xs" miw={280} role="status">
    <Text size="lg" fw={700}>
      {answer.classes[0]?.label}
    </Text>
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Label</Table.Th>
          <Table.Th>Probability</Table.Th>
          <Table.Td aria-hidden />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {answer.classes.slice(0, MOST_LABELS).map(({ label, probability }) => (
          <Table.Tr key={label}>
            <Table.Td>{label}</Table.Td>
            <Table.Td>{percent(probability)}</Table.Td>
            <Table.Td w={120} aria-hidden>
              <Progress value={100 * probability} aria-label={label} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
    <Text size="sm" c="dimmed">
      Said by{' '}
      <Anchor component={Link} to={versionPath(model, answer.version)}>
        version {answer.version}
      </Anchor>
      {answer.variant === undefined ? '' : ` (${answer.variant})`}, generation {answer.generation}.
    </Text>
  </Stack>
);

export const TryPage = () => {
  const { model = '' } = useParams();
  const registry = useRegistry();
  const { environments, preset } = environmentsOf(useQuery(queries(registry).model(model)).data);
  const [environment = preset, choose] = useState<string>();
  const [shown, show] = useState<{ name: string; url: string } | null>(null);
  const asking = useMutation({
    mutationFn: async (file: File) => {
      const url = await toDataUrl(file);
      show({ name: file.name, url });
      return registry.classify(model, { environment, image: url.slice(url.indexOf(',') + 1) });
    },
  });
  return (
    <Page
      title={`Try ${model}`}
      above={[
        { title: 'Models', to: '/models' },
        { title: model, to: modelPath(model) },
      ]}
    >
      <Stack>
        {environments.length < 2 ? null : (
          <Select
            label="Environment"
            data={environments}
            value={environment}
            allowDeselect={false}
            onChange={(value) => choose(value ?? undefined)}
            w={240}
          />
        )}
        <Suspense fallback={<Skeleton h={120} />}>
          <DropArea
            title="Drop an image here, or press to choose one"
            mostBytes={MOST_IMAGE_BYTES}
            disabled={asking.isPending}
            multiple={false}
            onFiles={([file]) => {
              if (file !== undefined) asking.mutate(file);
            }}
          />
        </Suspense>
        {asking.error === null ? null : <ProblemNote error={asking.error} />}
        {shown === null ? null : (
          <Group align="flex-start" gap="xl">
            <Image src={shown.url} alt={shown.name} mah={SIDE} maw={SIDE} fit="contain" w="auto" />
            {asking.isPending ? <Skeleton h={SIDE} w={280} /> : null}
            {asking.data === undefined ? null : <Answer answer={asking.data} model={model} />}
          </Group>
        )}
      </Stack>
    </Page>
  );
};
