import { render } from 'preact';
import { startLoading } from './state/data.ts';
import { startLive } from './state/live.ts';
import { App } from './ui/app.tsx';

const root = document.getElementById('app');
if (!root) throw new Error('index.html has no #app');
startLoading();
startLive();
render(<App />, root);
