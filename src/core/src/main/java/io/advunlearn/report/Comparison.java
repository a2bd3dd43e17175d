package io.advunlearn.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.EvaluationReport.Retention;
import io.advunlearn.evaluation.PairedOutcomes;
import io.advunlearn.evaluation.Rate;
import io.advunlearn.evaluation.RateDifference;
import io.advunlearn.evaluation.RetainedLoss;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Evaluations of several encoders with the same concept, model and budget side by side.
 *
 * @param schema version of the JSON form
 * @param concept of all of them
 * @param kind of the concept
 * @param model SHA-256 of the original encoder's tensors
 * @param encoders in the order given; the first is what the others are compared with
 * @param differences attack success rates of the others minus that of the first
 */
public record Comparison(String schema, String concept, String kind, String model, List<Entry> encoders, List<Difference> differences) {

    public static final String SCHEMA = "advunlearn/comparison/1";

    /** File names of {@link #write}. */
    public static final String JSON = "compare.json";
    public static final String HTML = "compare.html";

    /**
     * @param name the encoder's, with a number where two have the same
     * @param encoder SHA-256 of its tensors
     * @param passed the verdict of its gates; {@code null} without
     * @param attacks success rates by attack
     * @param retainedMeanLoss with its interval; {@code null} if not measured
     * @param worstClass retained class that lost most; {@code null} if not measured
     * @param worstLoss its loss
     * @param seconds of the evaluation
     */
    public record Entry(String name, String encoder, Boolean passed, Map<String, Rate> attacks, RateDifference retainedMeanLoss, String worstClass,
            Double worstLoss, double seconds) {
    }

    /**
     * @param name of the encoder that is compared with the first
     * @param attack the attack
     * @param paired whether both had the same trials: prompts, seeds and guidance
     * @param difference its rate minus the first's
     */
    public record Difference(String name, String attack, boolean paired, RateDifference difference) {
    }

    /** A report and where it was read. */
    private record Source(Path directory, EvaluationReport report, String name) {
    }

    /**
     * Reads and compares.
     *
     * @param paths two or more, each a report or the directory that holds it
     * @throws IllegalArgumentException if one is no report, or they differ in what must be the same
     */
    public static Comparison of(List<Path> paths) {
        if (paths.size() < 2) {
            throw new IllegalArgumentException("give two or more reports to compare");
        }
        List<Source> sources = new ArrayList<>();
        paths.forEach(path -> sources.add(read(path, sources)));
        requireSame(sources, "model", EvaluationReport::model);
        requireSame(sources, "denoiser", EvaluationReport::denoiser);
        requireSame(sources, "judges", EvaluationReport::judges);
        requireSame(sources, "concept", report -> report.request().concept());
        requireSame(sources, "kind", report -> report.request().kind());
        requireSame(sources, "negativeBranch", report -> report.request().negativeBranch());
        requireSameBudget(sources);
        List<Difference> differences = new ArrayList<>();
        sources.stream().skip(1).forEach(source -> differences.addAll(differences(sources.get(0), source)));
        EvaluationReport first = sources.get(0).report();
        return new Comparison(SCHEMA, first.request().concept(), first.request().kind(), first.model(), sources.stream().map(Comparison::entry).toList(),
                differences);
    }

    private static Source read(Path path, List<Source> before) {
        Path file = Files.isDirectory(path) ? path.resolve("report.json") : path;
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException(path + " is neither a report nor a directory with a report.json");
        }
        EvaluationReport report = EvaluationReport.read(file);
        String name = ReportPage.name(report);
        boolean taken = before.stream().anyMatch(source -> source.name().equals(name));
        return new Source(file.toAbsolutePath().getParent(), report, taken ? name + " (" + (before.size() + 1) + ")" : name);
    }

    private static void requireSame(List<Source> sources, String what, Function<EvaluationReport, Object> part) {
        Source first = sources.get(0);
        for (Source source : sources) {
            if (!Objects.equals(part.apply(first.report()), part.apply(source.report()))) {
                throw new IllegalArgumentException("reports of another " + what + " cannot be compared: " + first.name() + " has " + part.apply(first.report())
                        + ", " + source.name() + " has " + part.apply(source.report()));
            }
        }
    }

    /** Names the first field that differs. */
    private static void requireSameBudget(List<Source> sources) {
        Map<String, JsonNode> expected = fields(sources.get(0));
        for (Source source : sources) {
            fields(source).forEach((field, value) -> {
                if (!value.equals(expected.get(field))) {
                    throw new IllegalArgumentException("reports of another budget cannot be compared: " + field + " is " + expected.get(field) + " for "
                            + sources.get(0).name() + " and " + value + " for " + source.name());
                }
            });
        }
    }

    private static Map<String, JsonNode> fields(Source source) {
        Map<String, JsonNode> fields = new LinkedHashMap<>();
        Json.MAPPER.<JsonNode>valueToTree(source.report().request().budget()).properties().forEach(field -> fields.put("budget." + field.getKey(), field.getValue()));
        return fields;
    }

    private static Entry entry(Source source) {
        EvaluationReport report = source.report();
        Map<String, Rate> attacks = new LinkedHashMap<>();
        report.attacks().forEach(attack -> attacks.put(attack.name(), attack.rate()));
        Retention retention = report.retention();
        return new Entry(source.name(), report.encoder(), report.verdict() == null ? null : report.verdict().passed(), attacks,
                RetainedLoss.mean(retention).orElse(null), retention == null ? null : retention.worstClass(), retention == null ? null : retention.worstLoss(),
                report.cost().seconds());
    }

    private static List<Difference> differences(Source first, Source other) {
        List<Difference> differences = new ArrayList<>();
        for (AttackResult attack : other.report().attacks()) {
            Optional<AttackResult> reference = first.report().attacks().stream().filter(a -> a.name().equals(attack.name())).findFirst();
            if (reference.isPresent() && attack.rate().trials() > 0 && reference.get().rate().trials() > 0) {
                PairedOutcomes pairs = pairs(first, other, attack.name());
                differences.add(new Difference(other.name(), attack.name(), !pairs.isEmpty(),
                        pairs.isEmpty() ? RateDifference.unpaired(attack.rate(), reference.get().rate()) : pairs.difference()));
            }
        }
        return differences;
    }

    /** A report may have been moved away from the trials behind it. */
    private static PairedOutcomes pairs(Source first, Source other, String attack) {
        boolean both = Files.exists(first.directory().resolve("report.json")) && Files.exists(other.directory().resolve("report.json"));
        return both ? PairedOutcomes.read(other.directory(), first.directory(), attack) : PairedOutcomes.NONE;
    }

    /** Every attack of any encoder, in the order of their first mention. */
    List<String> attacks() {
        Set<String> names = new LinkedHashSet<>();
        encoders.forEach(entry -> names.addAll(entry.attacks().keySet()));
        return List.copyOf(names);
    }

    /** Writes {@code compare.json} and {@code compare.html}. @return the page */
    public Path write(Path directory) {
        try {
            Files.createDirectories(directory);
            Json.write(directory.resolve(JSON), this);
            return Files.writeString(directory.resolve(HTML), ComparisonView.html(this));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The table for a terminal: a line an encoder, rates in per cent and losses in points with 95 % intervals, then the differences. */
    public String text() {
        return ComparisonView.text(this);
    }
}
