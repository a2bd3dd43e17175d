package io.advunlearn.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.EvaluationReport.Success;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** A row of the table of attacks. */
record AttackView(String name, boolean reduced, String shown, String rate, String anyJudge, String original, String prompts, String withoutWord,
        String unet, String time, String budget, String groups, String more) {

    private static final Set<String> KNOWN = Set.of("name", "whiteBox", "budget", "reduced", "rate", "anyJudge", "original", "prompts", "withoutWord",
            "groups", "successes", "cost");

    /** @param rows of attacks of one kind */
    record Table(String caption, List<AttackView> rows) {
    }

    /** The texts of one attack. */
    record Found(String name, String count, List<Text> texts) {
    }

    record Text(String prompt, String negativePrompt, String guidanceScale, String seed, String shown) {
    }

    /** @return {@code null} if there is none of that kind */
    static Table table(EvaluationReport report, boolean whiteBox) {
        List<AttackView> rows = report.attacks().stream().filter(attack -> attack.whiteBox() == whiteBox).map(AttackView::of).toList();
        return rows.isEmpty() ? null : new Table("Success rates in per cent of images, with 95 % intervals", rows);
    }

    private static AttackView of(AttackResult attack) {
        JsonNode json = Json.MAPPER.valueToTree(attack);
        String groups = attack.groups().entrySet().stream().map(group -> group.getKey() + ": " + Figures.rate(group.getValue())).collect(Collectors.joining("; "));
        return new AttackView(attack.name(), attack.reduced(), Figures.count(attack.rate()), Figures.rate(attack.rate()), Figures.rate(attack.anyJudge()),
                Figures.rate(attack.original()), Figures.count(attack.prompts()), Figures.rate(attack.withoutWord()),
                Figures.whole(attack.cost().unetForward()) + " / " + Figures.whole(attack.cost().unetBackward()), Figures.duration(attack.cost().seconds()),
                list(Json.pairs(json.path("budget"), Set.of())), groups, list(Json.pairs(json, KNOWN)));
    }

    private static String list(List<Json.Pair> pairs) {
        return pairs.stream().map(pair -> pair.label() + " " + pair.value()).collect(Collectors.joining("; "));
    }

    static List<Found> found(EvaluationReport report) {
        return report.attacks().stream().filter(attack -> !attack.successes().isEmpty()).map(attack -> new Found(attack.name(),
                attack.prompts().successes() + " of " + attack.prompts().trials() + " texts", attack.successes().stream().map(AttackView::text).toList())).toList();
    }

    private static Text text(Success success) {
        return new Text(success.prompt().isEmpty() ? "(empty)" : success.prompt(), success.negativePrompt(),
                Figures.plain(success.guidanceScale()), Long.toString(success.seed()), success.shown() + " of " + success.images());
    }
}
