import { useEffect } from 'preact/hooks';
import { view } from '../state/location.ts';
import { Coverage } from './coverage.tsx';
import { Help, onKey } from './keys.tsx';
import { Services } from './services.tsx';
import { Timeline } from './timeline.tsx';
import { TopBar } from './top-bar.tsx';

export function App() {
  const { screen, namespace, name } = view.value;
  useEffect(() => {
    document.title =
      screen === 'service'
        ? `${namespace}/${name} · Flipbook`
        : screen === 'coverage'
          ? 'Coverage · Flipbook'
          : 'Services · Flipbook';
  }, [screen, namespace, name]);
  useEffect(() => {
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <TopBar />
      {screen === 'services' && <Services />}
      {screen === 'service' && <Timeline key={`${namespace}/${name}`} />}
      {screen === 'coverage' && <Coverage />}
      <Help />
    </>
  );
}
