import { onTestFinished } from 'vitest';
import { openStore } from '../../src/store/sqlite/store.ts';
import { newLogFile } from '../support/log-folder.ts';
import { type Engine, eventStoreContract } from './event-store.contract.ts';
import { evidenceContract } from './evidence.contract.ts';
import { sheddingContract } from './shedding.contract.ts';

const engine: Engine = {
  name: 'SQLite',
  open() {
    const store = openStore(newLogFile());
    onTestFinished(() => store.close());
    return store;
  },
};

eventStoreContract(engine);
evidenceContract(engine);
sheddingContract(engine);
