import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import type { DataRouter } from 'react-router';
import { RouterProvider } from 'react-router/dom';
import { clientsOf } from './registry/clients.js';
import { RegistryProvider } from './registry/registry.js';
import { SignIn } from './session/sign-in.js';
import { useToken } from './session/session.js';
import { cssVariables, styleNonce, theme } from './theme.js';

const Signed = ({ router, token }: { router: DataRouter; token: string }) => (
  <RegistryProvider registry={clientsOf(token).registry}>
    <RouterProvider router={router} />
  </RegistryProvider>
);

export const App = ({ router }: { router: DataRouter }) => {
  const token = useToken();
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      cssVariablesResolver={cssVariables}
      getStyleNonce={styleNonce}
    >
      <Notifications position="top-right" />
      <QueryClientProvider client={clientsOf(token ?? '').cache}>
        {token === null ? <SignIn /> : <Signed router={router} token={token} />}
      </QueryClientProvider>
    </MantineProvider>
  );
};
