import { runService } from '@gatehouse/service';
import service from '../service.config.ts';

await runService(() => import('./app.module.ts'), service);
