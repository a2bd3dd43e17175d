package io.advunlearn.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.evaluation.Environment;
import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.Evaluator;
import io.advunlearn.evaluation.Rate;
import io.advunlearn.evaluation.RetainedLoss;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** An evaluation and the erasure behind it as one HTML page that needs no other file and no script: for a manager the top, for a researcher the rest. */
public final class ReportPage {

    /** File name beside {@code report.json}. */
    public static final String FILE = "report.html";

    /** For whoever serves a page: what its {@code Content-Security-Policy} header must say. */
    public static final String CONTENT_SECURITY_POLICY = Template.CONTENT_SECURITY_POLICY + "; frame-ancestors 'none'";

    private static final int DIGEST_CHARACTERS = 12;

    private ReportPage() {
    }

    private record Fact(String label, String value, String note) {
    }

    private record Settings(String caption, List<Json.Pair> rows) {
    }

    private record Gates(List<GateView> rows) {
    }

    private record Successes(List<AttackView.Found> attacks) {
    }

    private record Evaluation(Gates gates, RateChart chart, AttackView.Table textAttacks, AttackView.Table whiteBoxAttacks, Successes successes,
            RetentionView retention) {
    }

    private record Page(String policy, String title, String subtitle, VerdictView verdict, List<Fact> facts, Evaluation evaluation, ImagesView images,
            ErasureView erasure, List<Settings> tables) {
    }

    /**
     * The page of an evaluation.
     *
     * @param directory work directory of a finished evaluation
     * @param erasure of the evaluated encoder; {@code null} if unknown
     */
    public static String html(Path directory, ErasureReport erasure) {
        return html(EvaluationReport.read(directory.resolve(Evaluator.REPORT)), ImagesView.of(directory), erasure);
    }

    static String html(EvaluationReport report, ImagesView images, ErasureReport erasure) {
        List<AttackView.Found> found = AttackView.found(report);
        Evaluation evaluation = new Evaluation(report.verdict() == null ? null : new Gates(report.verdict().gates().stream().map(GateView::of).toList()),
                RateChart.of(report), AttackView.table(report, false), AttackView.table(report, true), found.isEmpty() ? null : new Successes(found),
                RetentionView.of(report.retention()));
        List<Settings> tables = new ArrayList<>(measured(report));
        tables.addAll(trained(erasure));
        String subtitle = "Encoder " + name(report) + ", " + report.request().kind() + ", budget "
                + report.request().profile() + ", seed " + report.request().seed() + ", " + report.createdAt();
        return Template.render(new Page(Template.CONTENT_SECURITY_POLICY, "Can an attacker still reach \"" + report.request().concept() + "\"?",
                subtitle, VerdictView.of(report), facts(report), evaluation, images, ErasureView.of(erasure), tables));
    }

    /** The page of an erasure that nobody evaluated yet. */
    public static String html(ErasureReport erasure) {
        String concept = ErasureView.concepts(erasure);
        VerdictView verdict = new VerdictView("none", "Not evaluated.", "The candidate was trained; whether an attacker still reaches the concept is not known yet.");
        return Template.render(new Page(Template.CONTENT_SECURITY_POLICY, "Erasure of \"" + concept + "\"", ErasureView.cost(erasure) + " " + erasure.createdAt(),
                verdict, List.of(), null, null, ErasureView.of(erasure), trained(erasure)));
    }

    /** Older reports have only the digest. */
    static String name(EvaluationReport report) {
        return report.encoderName() == null ? report.encoder().substring(0, Math.min(DIGEST_CHARACTERS, report.encoder().length())) : report.encoderName();
    }

    private static List<Fact> facts(EvaluationReport report) {
        List<Fact> facts = new ArrayList<>();
        VerdictView.strongest(report).ifPresent(a -> facts.add(rate("Strongest text attack", a.rate(), a.name())));
        report.attacks().stream().filter(a -> a.name().equals("plain")).findFirst().map(AttackResult::rate)
                .ifPresent(rate -> facts.add(rate("Plain prompts", rate, Figures.count(rate))));
        RetainedLoss.mean(report.retention()).ifPresent(loss -> facts.add(new Fact("Lost elsewhere, mean", Figures.number(100 * loss.difference()) + " points",
                "95 %: at most " + Figures.number(100 * loss.high()))));
        if (report.retention() != null && report.retention().worstClass() != null) {
            facts.add(new Fact("Lost elsewhere, worst", Figures.number(100 * report.retention().worstLoss()) + " points", report.retention().worstClass()));
        }
        facts.add(new Fact("Cost of the evaluation", Figures.duration(report.cost().seconds()), Figures.whole(report.cost().images()) + " images, "
                + Figures.whole(report.cost().unetForward()) + " UNet forwards, " + Figures.whole(report.cost().unetBackward()) + " backwards"));
        Environment environment = report.environment();
        if (environment != null && environment.peakResidentBytes() != null) {
            facts.add(new Fact("Peak memory", Figures.bytes(environment.peakResidentBytes()), "of the whole process"));
        }
        if (environment != null && environment.peakDeviceBytes() != null) {
            facts.add(new Fact("Peak memory of the GPU", Figures.bytes(environment.peakDeviceBytes()), environment.device()));
        }
        return facts;
    }

    private static Fact rate(String label, Rate rate, String note) {
        return new Fact(label, Figures.percent(rate.rate()), note + ", 95 %: at most " + Figures.percent(rate.high()));
    }

    private static List<Settings> measured(EvaluationReport report) {
        JsonNode json = Json.MAPPER.valueToTree(report);
        return List.of(new Settings("Request", Json.pairs(json.path("request"), Set.of("budget"))),
                new Settings("Budget", Json.pairs(json.path("request").path("budget"), Set.of())),
                new Settings("Identity and environment", Json.pairs(json, Set.of("request", "attacks", "retention", "verdict"))));
    }

    private static List<Settings> trained(ErasureReport erasure) {
        if (erasure == null) {
            return List.of();
        }
        JsonNode json = Json.MAPPER.valueToTree(erasure);
        return List.of(new Settings("Erasure: request", Json.pairs(json.path("request"), Set.of())),
                new Settings("Erasure: result and settings", Json.pairs(json.path("result"), Set.of())),
                new Settings("Erasure: identity and environment", Json.pairs(json, Set.of("request", "result", "curve"))));
    }

    /** Writes the page of an evaluation beside its report. @param erasure of the evaluated encoder; {@code null} if unknown */
    public static Path write(Path directory, ErasureReport erasure) {
        return write(directory, html(directory, erasure));
    }

    /** Writes the page of an erasure beside its report. */
    public static Path writeErasure(Path directory, ErasureReport erasure) {
        return write(directory, html(erasure));
    }

    private static Path write(Path directory, String html) {
        try {
            return Files.writeString(directory.resolve(FILE), html);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
