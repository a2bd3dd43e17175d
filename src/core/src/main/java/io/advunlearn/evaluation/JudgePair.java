package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.stream.IntStream;

/** Judges that must agree: a concept counts as shown only if every one of them names it. */
public final class JudgePair implements AutoCloseable {

    private final List<String> names;
    private final List<Detector> detectors;

    /** @param detectors at least one, with the same classes */
    public JudgePair(List<String> names, List<Detector> detectors) {
        if (detectors.isEmpty() || names.size() != detectors.size()) {
            throw new IllegalArgumentException("detectors must hold at least one judge, with one name each");
        }
        this.names = List.copyOf(names);
        this.detectors = List.copyOf(detectors);
    }

    /** The judges' folder names. */
    public List<String> names() {
        return names;
    }

    /** Classes of the object head without {@code other}. */
    public List<String> objects() {
        return named(detectors.get(0).objects());
    }

    /** Classes of the style head without {@code other}. */
    public List<String> styles() {
        return named(detectors.get(0).styles());
    }

    private static List<String> named(List<String> classes) {
        return classes.stream().filter(c -> !c.equals("other")).toList();
    }

    /**
     * @param images float [B, 3, H, W] in [-1, 1]
     * @return for each image, one verdict a judge
     */
    public List<List<Detector.Verdict>> judge(NDArray images) {
        List<List<Detector.Verdict>> byJudge = detectors.stream().map(d -> d.judge(images)).toList();
        return IntStream.range(0, byJudge.get(0).size())
                .mapToObj(i -> byJudge.stream().map(verdicts -> verdicts.get(i)).toList()).toList();
    }

    /** Whether every judge names the class. @param kind {@code object} or {@code style} */
    public static boolean shows(List<Detector.Verdict> verdicts, String kind, String name) {
        return verdicts.stream().allMatch(v -> names(v, kind, name));
    }

    /** Whether at least one judge names the class. */
    public static boolean anyShows(List<Detector.Verdict> verdicts, String kind, String name) {
        return verdicts.stream().anyMatch(v -> names(v, kind, name));
    }

    private static boolean names(Detector.Verdict verdict, String kind, String name) {
        return name.equals(kind.equals("style") ? verdict.style() : verdict.object());
    }

    @Override
    public void close() {
        detectors.forEach(Detector::close);
    }
}
