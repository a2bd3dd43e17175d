package io.advunlearn.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;

/** One curve with a scale of its own, as coordinates of {@code erasure.html}. */
record LineChart(String name, int width, int height, int left, String first, String last, List<Tick> ticks, String points) {

    private static final int WIDTH = 440;
    private static final int HEIGHT = 200;
    private static final int LEFT = 60;
    private static final int RIGHT = 16;
    private static final int TOP = 28;
    private static final int BOTTOM = 24;
    private static final int STEPS = 4;

    /** A grid line and its label. */
    record Tick(String x1, String y1, String x2, String y2, String x, String y, String anchor, String label) {
    }

    /** @param values by iteration, at least one; others than finite ones are left out */
    static LineChart of(String name, SortedMap<Integer, Double> values) {
        double low = Math.min(0, values.values().stream().filter(Double::isFinite).min(Double::compare).orElse(0.0));
        double high = values.values().stream().filter(Double::isFinite).max(Double::compare).orElse(0.0);
        Scale y = new Scale(low, high > low ? high : low + 1, HEIGHT - BOTTOM, TOP);
        Scale x = new Scale(values.firstKey(), Math.max(values.lastKey(), values.firstKey() + 1), LEFT, WIDTH - RIGHT);
        StringBuilder points = new StringBuilder();
        values.forEach((iteration, value) -> {
            if (Double.isFinite(value)) {
                points.append(x.at(iteration)).append(',').append(y.at(value)).append(' ');
            }
        });
        return new LineChart(name, WIDTH, HEIGHT, LEFT, Figures.plain(values.get(values.firstKey())), Figures.plain(values.get(values.lastKey())),
                ticks(x, y), points.toString().strip());
    }

    private static List<Tick> ticks(Scale x, Scale y) {
        List<Tick> ticks = new ArrayList<>();
        for (int i = 0; i <= STEPS; i++) {
            double value = y.from() + i * (y.to() - y.from()) / STEPS;
            ticks.add(new Tick(String.valueOf(LEFT), y.at(value), String.valueOf(WIDTH - RIGHT), y.at(value), String.valueOf(LEFT - 6), y.at(value), "end",
                    String.format(Locale.ROOT, "%.3g", value)));
        }
        for (double value : new double[] {x.from(), x.to()}) {
            String bottom = String.valueOf(HEIGHT - BOTTOM);
            ticks.add(new Tick(x.at(value), bottom, x.at(value), String.valueOf(HEIGHT - BOTTOM + 4), x.at(value), String.valueOf(HEIGHT - 6), "middle",
                    Figures.plain(value)));
        }
        return ticks;
    }

    private record Scale(double from, double to, double start, double end) {

        String at(double value) {
            return String.format(Locale.ROOT, "%.1f", start + (value - from) / (to - from) * (end - start));
        }
    }
}
