package io.advunlearn.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.report.ErasureReport.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The section on the erasure. @param curves {@code null} if no losses were recorded */
record ErasureView(String sentence, Curves curves) {

    record Curves(List<LineChart> panels) {
    }

    /** @param report may be {@code null}, and so is then the view */
    static ErasureView of(ErasureReport report) {
        if (report == null) {
            return null;
        }
        Map<String, SortedMap<Integer, Double>> series = new TreeMap<>();
        for (Point point : report.curve()) {
            point.losses().forEach((name, value) -> series.computeIfAbsent(name, n -> new TreeMap<>()).put(point.iteration(), value));
        }
        List<LineChart> panels = series.entrySet().stream().map(curve -> LineChart.of(curve.getKey(), curve.getValue())).toList();
        return new ErasureView(sentence(report), panels.isEmpty() ? null : new Curves(panels));
    }

    private static String sentence(ErasureReport report) {
        String anchor = text(report.result(), "anchor");
        return "Method " + text(report.request(), "method") + ", profile " + text(report.request(), "profile")
                + (anchor.isEmpty() ? "" : "; the concept became \"" + anchor + "\"") + ". " + cost(report);
    }

    /** For example {@code church, house}. */
    static String concepts(ErasureReport report) {
        List<String> names = new ArrayList<>();
        Json.MAPPER.<JsonNode>valueToTree(report.request()).path("concepts").forEach(concept -> names.add(concept.path("concept").asText()));
        return String.join(", ", names);
    }

    static String cost(ErasureReport report) {
        return count(report, "trainedParameters") + " parameters trained in " + count(report, "iterations") + " iterations, " + count(report, "unetForward") + " UNet forwards, " + count(report, "unetBackward")
                + " backwards, " + Figures.duration(number(report, "seconds")) + ".";
    }

    private static String count(ErasureReport report, String name) {
        return Figures.whole((long) number(report, name));
    }

    private static double number(ErasureReport report, String name) {
        return report.result().get(name) instanceof Number value ? value.doubleValue() : 0;
    }

    static String text(Map<String, Object> members, String name) {
        Object value = members.get(name);
        return value == null ? "" : value.toString();
    }
}
