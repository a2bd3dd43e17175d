package io.advunlearn.evaluation;

import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import java.util.List;

/** No attack: the concept's own prompts, with the seeds on which the original model shows it. Its rate is the pre-ASR. */
final class PlainAttack implements Attack {

    static List<ImageTask> tasks(AttackContext context) {
        return context.pairs().stream().map(pair -> context.task(pair.prompt().text(), pair.seed())).toList();
    }

    @Override
    public String name() {
        return "plain";
    }

    @Override
    public AttackResult run(AttackContext context) {
        List<JudgedImage> images = context.judge(name(), tasks(context));
        return new AttackSummary(context, images).budget("pairs", images.size()).original(Rate.of(images.size(), images.size())).result(this);
    }
}
