import { Anchor, Button, Center, Code, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { AppError } from '@graft/contracts';
import { createRegistryClient } from '@graft/registry-client/http';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { signIn } from './session.js';

const reasonOf = (error: Error): string =>
  error instanceof AppError && error.code === 'unauthenticated'
    ? error.message
    : `it could not be tried: ${error.message}`;

/** Takes a token that the registry knows, and keeps a session of it alone: the token itself is for programs. */
export const SignIn = () => {
  const [token, setToken] = useState('');
  const attempt = useMutation({
    mutationFn: async (token: string) =>
      (await createRegistryClient({ url: location.origin, token, retries: 0 }).createSession()).token,
    onSuccess: signIn,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    attempt.mutate(token.trim());
  };
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder p="xl" maw={460} w="100%" component="form" onSubmit={submit}>
        <Stack>
          <Title order={1} size="h2">
            Graft
          </Title>
          <PasswordInput
            label="Token"
            description="An admin makes one for you: graft token create NAME --role reviewer"
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
            error={attempt.error === null ? undefined : reasonOf(attempt.error)}
            autoComplete="current-password"
            required
            data-autofocus
          />
          <Button type="submit" loading={attempt.isPending} disabled={token.trim() === ''}>
            Sign in
          </Button>
          <Text size="sm" c="dimmed">
            On the machine that the stack runs on, <Code>./graft console</Code> prints an address that signs you in.
            What the API can do is written in <Anchor href="/openapi.json">openapi.json</Anchor>.
          </Text>
        </Stack>
      </Paper>
    </Center>
  );
};
