package io.advunlearn.quarkus.deployment;

import io.advunlearn.quarkus.devui.AdvUnlearnJsonRpcService;
import io.quarkus.deployment.IsLocalDevelopment;
import io.quarkus.deployment.annotations.BuildStep;
import io.quarkus.devui.spi.JsonRPCProvidersBuildItem;
import io.quarkus.devui.spi.page.CardPageBuildItem;
import io.quarkus.devui.spi.page.Page;

/** The card in Dev UI. */
class DevUiProcessor {

    @BuildStep(onlyIf = IsLocalDevelopment.class)
    CardPageBuildItem card() {
        CardPageBuildItem card = new CardPageBuildItem();
        card.addPage(Page.webComponentPageBuilder().title("Pipelines").icon("font-awesome-solid:image").componentLink("qwc-advunlearn-pipelines.js"));
        return card;
    }

    @BuildStep(onlyIf = IsLocalDevelopment.class)
    JsonRPCProvidersBuildItem operations() {
        return new JsonRPCProvidersBuildItem(AdvUnlearnJsonRpcService.class);
    }
}
