import 'uplot/dist/uPlot.min.css';
import './style.css';
import { render } from 'preact';
import { App } from './app.tsx';

const page = document.getElementById('page') as HTMLElement;
page.replaceChildren();
render(<App />, page);
