//! The entity sets: names as in the published services; `YY1_` marks fields that a customer adds.

use super::edm::Set;

pub(super) const ORDERS: Set = Set {
    service: "API_PRODUCTION_ORDER_2_SRV",
    name: "A_ProductionOrder_2",
    type_name: "A_ProductionOrder_2Type",
    keys: &["ManufacturingOrder"],
    fields: &[
        "ManufacturingOrder",
        "ManufacturingOrderType",
        "Material",
        "ProductionPlant",
        "WorkCenter",
        "TotalQuantity",
        "ProductionUnit",
        "MfgOrderConfirmedYieldQty",
        "MfgOrderPlannedStartDate",
        "MfgOrderPlannedStartTime",
        "MfgOrderPlannedEndDate",
        "MfgOrderPlannedEndTime",
        "MfgOrderActualReleaseDate",
        "OrderIsCreated",
        "OrderIsReleased",
        "OrderIsPartiallyConfirmed",
        "OrderIsConfirmed",
        "OrderIsDelivered",
        "OrderIsTechnicallyCompleted",
        "OrderIsClosed",
        "OrderIsMarkedForDeletion",
        "YY1_ShopOrder_ORD",
        "CreationDate",
        "LastChangeDateTime",
    ],
};

pub(super) const BATCHES: Set = Set {
    service: "API_BATCH_SRV",
    name: "Batch",
    type_name: "BatchType",
    keys: &["Material", "BatchIdentifyingPlant", "Batch"],
    fields: &[
        "Material",
        "BatchIdentifyingPlant",
        "Batch",
        "MatlBatchIsInRstrcdUseStock",
        "BatchIsMarkedForDeletion",
        "ManufactureDate",
        "ShelfLifeExpirationDate",
        "CreationDateTime",
        "LastChangeDateTime",
        "YY1_StockType_BAT",
        "YY1_StockQuantity_BAT",
        "YY1_BaseUnit_BAT",
    ],
};

pub(super) const PRODUCTS: Set = Set {
    service: "API_PRODUCT_SRV",
    name: "A_Product",
    type_name: "A_ProductType",
    keys: &["Product"],
    fields: &[
        "Product",
        "ProductType",
        "ProductGroup",
        "BaseUnit",
        "ProductDescription",
        "CreationDate",
        "LastChangeDateTime",
    ],
};

pub(super) const STOCK: Set = Set {
    service: "API_MATERIAL_STOCK_SRV",
    name: "A_MatlStkInAcctMod",
    type_name: "A_MatlStkInAcctModType",
    keys: &[
        "Material",
        "Plant",
        "StorageLocation",
        "Batch",
        "Supplier",
        "Customer",
        "WBSElementInternalID",
        "SDDocument",
        "SDDocumentItem",
        "InventorySpecialStockType",
        "InventoryStockType",
    ],
    fields: &[
        "Material",
        "Plant",
        "StorageLocation",
        "Batch",
        "Supplier",
        "Customer",
        "WBSElementInternalID",
        "SDDocument",
        "SDDocumentItem",
        "InventorySpecialStockType",
        "InventoryStockType",
        "MaterialBaseUnit",
        "MatlWrhsStkQtyInMatlBaseUnit",
    ],
};

pub(super) const BOM_ITEMS: Set = Set {
    service: "API_BILL_OF_MATERIAL_SRV;v=0002",
    name: "MaterialBOMItem",
    type_name: "MaterialBOMItemType",
    keys: &["BillOfMaterial", "BillOfMaterialItemNodeNumber"],
    fields: &[
        "BillOfMaterial",
        "BillOfMaterialItemNodeNumber",
        "Material",
        "Plant",
        "BillOfMaterialComponent",
        "BillOfMaterialItemQuantity",
        "BillOfMaterialItemUnit",
        "LastChangeDateTime",
    ],
};

pub(super) const DELIVERIES: Set = Set {
    service: "API_OUTBOUND_DELIVERY_SRV;v=0002",
    name: "A_OutbDeliveryHeader",
    type_name: "A_OutbDeliveryHeaderType",
    keys: &["DeliveryDocument"],
    fields: &[
        "DeliveryDocument",
        "ShipToParty",
        "YY1_ShipToName_DLV",
        "PlannedGoodsIssueDate",
        "PlannedGoodsIssueTime",
        "OverallPickingStatus",
        "OverallGoodsMovementStatus",
        "OverallSDProcessStatus",
        "DeliveryBlockReason",
        "CreationDate",
        "LastChangeDate",
    ],
};

pub(super) const DELIVERY_ITEMS: Set = Set {
    service: "API_OUTBOUND_DELIVERY_SRV;v=0002",
    name: "A_OutbDeliveryItem",
    type_name: "A_OutbDeliveryItemType",
    keys: &["DeliveryDocument", "DeliveryDocumentItem"],
    fields: &[
        "DeliveryDocument",
        "DeliveryDocumentItem",
        "Material",
        "Batch",
        "ActualDeliveryQuantity",
        "DeliveryQuantityUnit",
        "PickingStatus",
    ],
};

pub(super) const DOCUMENTS: Set = Set {
    service: "API_MATERIAL_DOCUMENT_SRV",
    name: "A_MaterialDocumentHeader",
    type_name: "A_MaterialDocumentHeaderType",
    keys: &["MaterialDocumentYear", "MaterialDocument"],
    fields: &[
        "MaterialDocumentYear",
        "MaterialDocument",
        "GoodsMovementCode",
        "PostingDate",
        "ReferenceDocument",
        "MaterialDocumentHeaderText",
        "CreationDate",
        "CreationTime",
    ],
};

pub(super) const DOCUMENT_ITEMS: Set = Set {
    service: "API_MATERIAL_DOCUMENT_SRV",
    name: "A_MaterialDocumentItem",
    type_name: "A_MaterialDocumentItemType",
    keys: &["MaterialDocumentYear", "MaterialDocument", "MaterialDocumentItem"],
    fields: &[
        "MaterialDocumentYear",
        "MaterialDocument",
        "MaterialDocumentItem",
        "Material",
        "Plant",
        "StorageLocation",
        "Batch",
        "GoodsMovementType",
        "QuantityInEntryUnit",
        "EntryUnit",
        "InventoryStockType",
    ],
};

/// All sets.
pub(super) const SETS: [&Set; 9] =
    [&ORDERS, &BATCHES, &PRODUCTS, &STOCK, &BOM_ITEMS, &DELIVERIES, &DELIVERY_ITEMS, &DOCUMENTS, &DOCUMENT_ITEMS];
