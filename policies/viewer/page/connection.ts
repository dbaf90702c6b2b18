import { useEffect, useState } from 'preact/hooks';
import { advance, emptyView, type ViewState } from '../history.ts';
import type { PageEvent } from '../view.ts';

/** What is shown, and whether the page still hears from its server. */
export interface Watched {
  readonly view: ViewState;
  /** Wall time of the loss, microseconds; null while connected, and before the first answer. */
  readonly awaySinceUs: number | null;
  /** True once anything was heard. */
  readonly heard: boolean;
}

/**
 * Follows the server's events. The stream begins with the whole state, after every reconnection as well, so nothing
 * that was missed stays missing; while it is away the last picture is kept. Draws at most once a frame.
 */
export function useWatched(): Watched {
  const [watched, setWatched] = useState<Watched>({ view: emptyView, awaySinceUs: null, heard: false });
  useEffect(() => {
    let { view } = watched;
    let awaySinceUs: number | null = null;
    let heard = false;
    let frame = 0;
    const draw = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        setWatched({ view, awaySinceUs, heard });
      });
    };
    const source = new EventSource('api/events');
    source.addEventListener('state', (event: MessageEvent<string>) => {
      view = JSON.parse(event.data) as ViewState;
      awaySinceUs = null;
      heard = true;
      draw();
    });
    source.addEventListener('message', (event: MessageEvent<string>) => {
      view = advance(view, JSON.parse(event.data) as PageEvent);
      draw();
    });
    source.addEventListener('error', () => {
      awaySinceUs ??= Date.now() * 1000;
      draw();
    });
    return () => {
      source.close();
      cancelAnimationFrame(frame);
    };
  }, []);
  return watched;
}
