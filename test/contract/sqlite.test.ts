import { onTestFinished } from 'vitest';
import { openStore } from '../../src/store/sqlite/store.ts';
import { newLogFile } from '../support/log-folder.ts';
import { eventStoreContract } from './event-store.contract.ts';

eventStoreContract({
  name: 'SQLite',
  open() {
    const store = openStore(newLogFile());
    onTestFinished(() => store.close());
    return store;
  },
});
