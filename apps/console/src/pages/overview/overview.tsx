/** What serves now, what waits for a person, what is under way, and whether replicas are well. */
import { Stack } from '@mantine/core';
import { FreezeButton, Freezes } from '../../parts/freezes.js';
import { Page } from '../../shell/page.js';
import { Models } from './models.js';
import { Replicas } from './replicas.js';
import { RunsUnderWay } from './runs-under-way.js';
import { Waiting } from './waiting.js';

export const Overview = () => (
  <Page title="Overview" actions={<FreezeButton model={null} />}>
    <Stack gap="xl">
      <Freezes />
      <Waiting />
      <Models />
      <RunsUnderWay />
      <Replicas />
    </Stack>
  </Page>
);
