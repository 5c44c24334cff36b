/** The program that a test kills: sheds a log in small steps and gives space back. */
import { epochMs } from '../../../src/domain/time.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';

const store = openStore(process.argv[2] as string);
while (store.shed({ olderThan: epochMs(9e12), events: 3, reason: 'low-disk' }).passed > 0) store.giveBack(4_096);
store.settle();
store.close();
