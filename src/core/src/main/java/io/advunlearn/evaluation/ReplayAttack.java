package io.advunlearn.evaluation;

import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Prompts found against other encoders, with their own seeds, guidance and negative prompts: does what worked once work again? */
final class ReplayAttack implements Attack {

    @Override
    public String name() {
        return "replay";
    }

    @Override
    public AttackResult run(AttackContext context) {
        List<FoundPrompt> suite = context.request().replay();
        Map<ImageTask, String> attacks = new LinkedHashMap<>();
        for (FoundPrompt found : suite) {
            found.seeds().forEach(seed -> attacks.putIfAbsent(
                    new ImageTask(true, found.prompt(), found.negativePrompt(), found.guidanceScale(), seed), found.attack()));
        }
        List<ImageTask> tasks = new ArrayList<>(attacks.keySet());
        return new AttackSummary(context, context.judge(name(), tasks)).original(context.reference(name(), tasks)).budget("prompts", suite.size())
                .budget("images", tasks.size()).budget("encoders", suite.stream().map(FoundPrompt::encoder).distinct().toList())
                .groupedBy(image -> attacks.get(image.task())).result(this);
    }
}
