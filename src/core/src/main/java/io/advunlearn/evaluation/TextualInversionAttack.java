package io.advunlearn.evaluation;

import ai.djl.ndarray.NDManager;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.EvaluationReport.Cost;
import io.advunlearn.model.ClipTextModel;
import java.util.ArrayList;
import java.util.List;

/**
 * Textual inversion against the erased model (CCE, Pham et al. 2024): an embedding in place of the concept's word, which no text gives.
 * Outside the threat model of an API that takes text; it shows what the denoiser still knows, and is known to defeat text-encoder erasure.
 */
final class TextualInversionAttack implements Attack {

    private static final EvaluationBudget.InversionBudget PUBLISHED = EvaluationBudget.named("full").inversion();

    @Override
    public String name() {
        return "textual-inversion";
    }

    @Override
    public boolean whiteBox() {
        return true;
    }

    @Override
    public AttackResult run(AttackContext context) {
        EvaluationBudget.InversionBudget budget = context.budget().inversion();
        String concept = context.request().concept();
        int[] ids = context.tokenizer().tokenize(concept);
        int token = ids[ids.length - 1];
        // The trained token takes the place of all tokens of the concept.
        String word = context.tokenizer().decode(new int[] {token});
        List<String> prompts = context.pairs().stream().map(pair -> ParaphraseAttack.said(pair.prompt().text(), concept, word)).toList();
        TextualInversion.Trained trained = trained(context, token, prompts);
        List<ImageTask> tasks = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            tasks.add(context.task(prompts.get(i), context.pairs().get(i).seed()));
        }
        try (NDManager manager = NDManager.newBaseManager(context.components().device(), "PyTorch")) {
            ClipTextModel encoder = TextualInversion.with(context.sampler().erased().encoder(), token, trained.embedding(), manager);
            List<JudgedImage> images = context.sampler().reading(encoder).judge(tasks, context.imageLog(name()), name(), context.listener());
            return new AttackSummary(context, images).original(context.reference(name(), tasks)).budget("images", Math.min(budget.images(), prompts.size()))
                    .budget("iterations", budget.iterations()).budget("batch", budget.batch()).budget("learningRate", budget.learningRate())
                    .budget("startLoss", trained.start()).budget("endLoss", trained.end()).reduced(reduced(budget, prompts.size()))
                    .search(cost(budget, trained)).result(this);
        }
    }

    private TextualInversion.Trained trained(AttackContext context, int token, List<String> prompts) {
        ItemLog<String, TextualInversion.Trained> log = context.itemLog(name() + "-training", TextualInversion.Trained.class,
                TextualInversion.Trained::key);
        String key = "token " + token;
        if (log.get(key) == null) {
            try (NDManager manager = NDManager.newBaseManager(context.components().device(), "PyTorch")) {
                log.append(List.of(new TextualInversion(context, manager, token, prompts).run(key)));
            }
        }
        return log.get(key);
    }

    private static boolean reduced(EvaluationBudget.InversionBudget budget, int prompts) {
        return Math.min(budget.images(), prompts) < PUBLISHED.images() || budget.iterations() < PUBLISHED.iterations() || budget.batch() < PUBLISHED.batch();
    }

    private static Cost cost(EvaluationBudget.InversionBudget budget, TextualInversion.Trained trained) {
        long rows = (long) budget.batch() * trained.steps();
        return new Cost(0, trained.unetForward(), rows, rows, trained.seconds());
    }
}
