import { runService } from '@gatehouse/service';
import service from '../service.config.ts';
import { AppModule } from './app.module.ts';

await runService(AppModule, service);
