/** The pages that can be gone to from everywhere, in their order. */
import { IconBox, IconLayoutDashboard, IconPhoto, IconPlayerPlay, type Icon } from '@tabler/icons-react';

interface Destination {
  readonly title: string;
  readonly to: string;
  /** How the addresses of its pages begin; default: as its own. */
  readonly below?: readonly string[];
  readonly Icon: Icon;
}

export const NAVIGATION: readonly Destination[] = [
  { title: 'Overview', to: '/', Icon: IconLayoutDashboard },
  { title: 'Models', to: '/models', Icon: IconBox },
  { title: 'Datasets', to: '/datasets', below: ['/datasets', '/dataset-versions'], Icon: IconPhoto },
  { title: 'Runs', to: '/runs', Icon: IconPlayerPlay },
];
