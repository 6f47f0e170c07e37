/** What is around every page: where one can go, who is signed in, light or dark. */
import {
  ActionIcon,
  AppShell,
  Box,
  Burger,
  Button,
  Center,
  Group,
  Loader,
  NavLink,
  Text,
  Tooltip,
  useMantineColorScheme,
  useComputedColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { AppError } from '@graft/contracts';
import { IconMoon, IconSun } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useEffect } from 'react';
import { Link, Outlet, useLocation } from 'react-router';
import { LiveUpdates } from '../registry/live-updates.js';
import { queries } from '../registry/queries.js';
import { CallerProvider, useCaller, useRegistry } from '../registry/registry.js';
import { signOut } from '../session/session.js';
import { NAVIGATION } from './navigation.js';
import { ProblemNote } from './problem-note.js';
import classes from './shell.module.css';

const SchemeSwitch = () => {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const other = scheme === 'dark' ? 'light' : 'dark';
  return (
    <Tooltip label={`${other} colours`}>
      <ActionIcon variant="default" aria-label={`${other} colours`} onClick={() => setColorScheme(other)}>
        {scheme === 'dark' ? <IconSun size={16} aria-hidden /> : <IconMoon size={16} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
};

const SignedInAs = () => {
  const { name, role } = useCaller();
  const registry = useRegistry();
  // Whether or not the registry can be told: here, it is over.
  const leave = (): void =>
    void registry
      .endSession()
      .catch(() => undefined)
      .finally(signOut);
  return (
    <Group gap="xs" wrap="nowrap">
      <Text size="sm" visibleFrom="xs">
        {name} ({role})
      </Text>
      <Button size="compact-sm" variant="default" onClick={leave}>
        Sign out
      </Button>
    </Group>
  );
};

const Navigation = ({ onGo }: { onGo: () => void }) => {
  const { pathname } = useLocation();
  return NAVIGATION.map(({ title, to, below = [to], Icon }) => (
    <NavLink
      key={to}
      component={Link}
      to={to}
      label={title}
      leftSection={<Icon size={18} aria-hidden />}
      active={to === '/' ? pathname === '/' : below.some((start) => pathname.startsWith(start))}
      aria-current={pathname === to ? 'page' : undefined}
      onClick={onGo}
    />
  ));
};

const Frame = () => {
  const [isOpen, { toggle, close }] = useDisclosure();
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 200, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <AppShell.Header>
        <a className={classes.skip} href="#main">
          Skip to what the page is about
        </a>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Pages" />
            <Text component={Link} to="/" fw={700} size="lg" c="inherit" td="none">
              Graft
            </Text>
          </Group>
          <Group gap="sm" wrap="nowrap">
            <SignedInAs />
            <SchemeSwitch />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages">
        <Navigation onGo={close} />
      </AppShell.Navbar>
      <AppShell.Main id="main">
        <Box maw={1400}>
          <Suspense fallback={<Loader size="sm" aria-label="loading" />}>
            <Outlet />
          </Suspense>
        </Box>
      </AppShell.Main>
    </AppShell>
  );
};

/** Pages need to know who asks: nothing is shown before. */
export const Shell = () => {
  const caller = useQuery(queries(useRegistry()).caller());
  const isRefused = caller.error instanceof AppError && caller.error.code === 'unauthenticated';
  useEffect(() => {
    if (isRefused) signOut();
  }, [isRefused]);
  if (caller.data !== undefined) {
    return (
      <CallerProvider caller={caller.data}>
        <LiveUpdates />
        <Frame />
      </CallerProvider>
    );
  }
  return (
    <Center component="main" mih="100vh" p="md">
      {caller.error === null ? (
        <Loader aria-label="loading" />
      ) : (
        <ProblemNote error={caller.error} retry={() => void caller.refetch()} />
      )}
    </Center>
  );
};
