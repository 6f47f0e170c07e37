/** What went wrong, for a person: what was asked, what was found, what to do. */
import { Alert, Button, Group, Loader, Text } from '@mantine/core';
import { toAppError } from '@graft/contracts';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

const TITLES: Partial<Record<ReturnType<typeof toAppError>['code'], string>> = {
  not_found: 'Not found',
  forbidden: 'Not for your role',
  unavailable: 'Not to be reached',
  stale_generation: 'Something changed meanwhile',
  conflict: 'Something changed meanwhile',
  refused: 'Refused',
};

export const ProblemNote = ({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) => {
  const { code, message } = toAppError(error);
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={TITLES[code] ?? 'That went wrong'} role="alert">
      <Text size="sm">{message}</Text>
      {retry === undefined ? null : (
        <Group mt="xs">
          <Button size="xs" variant="default" onClick={retry}>
            Try again
          </Button>
        </Group>
      )}
    </Alert>
  );
};

/** What a query ends in: a note while it is read, a note where that failed, else what is made of its data. */
export const Loaded = <T,>({
  query,
  children,
}: {
  query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>;
  children: (data: T) => ReactNode;
}) => {
  // What was read before is worth more than a note that it could not be read again.
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) return <ProblemNote error={query.error} retry={() => void query.refetch()} />;
  return <Loader size="sm" aria-label="loading" />;
};
