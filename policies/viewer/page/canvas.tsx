import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useColours } from './theme.ts';

export interface CanvasProps {
  /** What it shows, for who cannot see it. */
  readonly label: string;
  readonly class: string;
  /** Draws in CSS pixels; called again when size, colours or the function itself change. */
  readonly draw: (context: CanvasRenderingContext2D, width: number, height: number) => void;
}

/** A canvas that is as large as its style says, sharp on every screen. */
export function Canvas({ label, class: className, draw }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const colours = useColours();
  useEffect(() => {
    const element = canvas.current as HTMLCanvasElement;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const element = canvas.current as HTMLCanvasElement;
    const context = element.getContext('2d');
    if (context === null || size.width === 0) return;
    const scale = window.devicePixelRatio;
    const [width, height] = [Math.round(size.width * scale), Math.round(size.height * scale)];
    if (element.width !== width) element.width = width;
    if (element.height !== height) element.height = height;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    draw(context, size.width, size.height);
  }, [draw, size, colours]);
  return <canvas ref={canvas} class={className} role="img" aria-label={label} />;
}
